# Compiler options for our own code. Third-party headers come in as SYSTEM and are never warned about.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

# "Dev": quick to build, asserts on, fast enough for thousands of simulator seeds.
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Dev)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

find_program(LLD_PROGRAM NAMES ld.lld-14 ld.lld)
if(LLD_PROGRAM)
  add_link_options(-fuse-ld=lld)
  get_filename_component(LLD_DIR "${LLD_PROGRAM}" REALPATH)
  get_filename_component(LLD_DIR "${LLD_DIR}" DIRECTORY)
  add_link_options("-B${LLD_DIR}")
endif()

add_library(elector_options INTERFACE)
target_compile_options(elector_options INTERFACE -Wall -Wextra -Wconversion -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # It sees overlapping copies inside std::string that are not there (GCC bug 105651).
  target_compile_options(elector_options INTERFACE -Wno-restrict)
endif()
if(ELECTOR_WERROR)
  target_compile_options(elector_options INTERFACE -Werror)
endif()
target_include_directories(elector_options INTERFACE "${CMAKE_SOURCE_DIR}/src")

if(ELECTOR_SANITIZE)
  add_compile_options(-fsanitize=${ELECTOR_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ELECTOR_SANITIZE})
  if(ELECTOR_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=all)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      # clang 14 cannot assemble this check for the parts that it splits a coroutine into.
      add_compile_options(-fno-sanitize=function)
    endif()
  endif()
  if(ELECTOR_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)
  endif()
endif()
