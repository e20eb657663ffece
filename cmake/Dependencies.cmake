# Everything comes from Debian 12 packages; tools/dev installs them.

find_package(Threads REQUIRED)
find_package(Boost 1.81 EXACT REQUIRED COMPONENTS json)
find_package(Protobuf REQUIRED)  # before gRPC, whose configuration refers to it
find_package(gRPC CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)  # gRPC uses it too
include(Rpc)
find_package(spdlog REQUIRED)
# Its own configuration asks for what the parts need that are not used here.
find_library(PROMETHEUS_CORE prometheus-cpp-core REQUIRED)
add_library(prometheus_core INTERFACE)
target_link_libraries(prometheus_core INTERFACE "${PROMETHEUS_CORE}")
find_package(doctest REQUIRED)

# Asio and Beast are compiled once (src/support); every user sees them through this target.
add_library(elector_boost INTERFACE)
target_compile_definitions(elector_boost INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY)
target_link_libraries(elector_boost INTERFACE Boost::headers Boost::json Threads::Threads)
