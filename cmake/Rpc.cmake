# gRPC with what belongs to it, for src/etcd alone. A release links it into the program (ADR 16): a shared gRPC
# and its 50 libraries cost 7 MB of relocated and touched pages. OpenSSL and glibc stay shared, so that their security
# updates reach a program that is not built again.
option(ELECTOR_STATIC_RPC "Link gRPC, Abseil, protobuf-lite, RE2 and c-ares into the program" OFF)

add_library(elector_rpc INTERFACE)
add_library(elector_protobuf INTERFACE)
add_library(elector_cares INTERFACE)
if(NOT ELECTOR_STATIC_RPC)
  target_link_libraries(elector_rpc INTERFACE grpc++ grpc gpr absl_synchronization)
  target_link_libraries(elector_protobuf INTERFACE protobuf-lite)
  target_link_libraries(elector_cares INTERFACE cares)
  return()
endif()

# Nothing says which of Abseil's archives gRPC's need: the linker is given all, as one group, and takes what is used.
function(elector_archives target)
  set(found "")
  foreach(name ${ARGN})
    find_library(ELECTOR_ARCHIVE_${name} NAMES "lib${name}.a" REQUIRED)
    mark_as_advanced(ELECTOR_ARCHIVE_${name})
    list(APPEND found "${ELECTOR_ARCHIVE_${name}}")
  endforeach()
  target_link_libraries(${target} INTERFACE -Wl,--start-group ${found} -Wl,--end-group)
endfunction()

elector_archives(elector_cares cares)
elector_archives(elector_protobuf protobuf-lite z)
find_library(ELECTOR_ABSL_BASE NAMES libabsl_base.a REQUIRED)
get_filename_component(archives "${ELECTOR_ABSL_BASE}" DIRECTORY)
file(GLOB absl RELATIVE "${archives}" "${archives}/libabsl_*.a")
list(TRANSFORM absl REPLACE "^lib(.*)\\.a$" "\\1")
list(FILTER absl EXCLUDE REGEX "flags|failure_signal_handler")
elector_archives(elector_rpc grpc++ grpc gpr upb address_sorting re2 cares z ${absl})
target_link_libraries(elector_rpc INTERFACE elector_protobuf OpenSSL::SSL OpenSSL::Crypto Threads::Threads dl m rt)
