# The Debian package, from the install rules: `tools/dev package`, or `cpack` in a release build.

find_program(DPKG_ARCHITECTURE_PROGRAM dpkg-architecture)
find_program(DATE_PROGRAM date)
if(NOT DPKG_ARCHITECTURE_PROGRAM)
  return()  # no Debian: nothing to package
endif()

# What the compiler makes, not what it runs on: amd64, arm64, also across.
execute_process(COMMAND "${CMAKE_CXX_COMPILER}" -dumpmachine OUTPUT_VARIABLE machine
  OUTPUT_STRIP_TRAILING_WHITESPACE)
execute_process(
  COMMAND "${DPKG_ARCHITECTURE_PROGRAM}" -f -t "${machine}" -q DEB_HOST_ARCH
  OUTPUT_VARIABLE CPACK_DEBIAN_PACKAGE_ARCHITECTURE OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME iotex-elector)
set(CPACK_PACKAGE_CONTACT "iotex-elector maintainers <maintainers@iotex-elector.invalid>")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "lets exactly one of a delegate's IoTeX nodes sign")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"IoTeX delegates run several nodes with one producer key, of which exactly
one may sign. An elector beside each node elects that one through etcd, and
switches its own node active or standby over the node's admin endpoint.

A guardian brings the node to standby when its elector dies or freezes.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "etcd-client, prometheus")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${CMAKE_SOURCE_DIR}/packaging/debian/postinst;\
${CMAKE_SOURCE_DIR}/packaging/debian/prerm;${CMAKE_SOURCE_DIR}/packaging/debian/postrm")

# What Debian asks of a package beyond the program: only there, so no part of `cmake --install`.
set(extra "${CMAKE_BINARY_DIR}/debian")
string(TIMESTAMP built "%Y-%m-%dT%H:%M:%SZ" UTC)  # honours SOURCE_DATE_EPOCH
execute_process(COMMAND "${DATE_PROGRAM}" -R -u -d "${built}" OUTPUT_VARIABLE date
  OUTPUT_STRIP_TRAILING_WHITESPACE)
file(MAKE_DIRECTORY "${extra}/etc/iotex-elector")
file(WRITE "${extra}/changelog" "iotex-elector (${PROJECT_VERSION}) unstable; urgency=medium

  * What changed is in /usr/share/doc/iotex-elector/CHANGELOG.md.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
execute_process(COMMAND gzip -9nkf "${extra}/changelog" COMMAND_ERROR_IS_FATAL ANY)
install(FILES "${extra}/changelog.gz" packaging/debian/copyright
  DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES packaging/debian/lintian-overrides DESTINATION share/lintian/overrides
  RENAME iotex-elector COMPONENT debian EXCLUDE_FROM_ALL)
install(DIRECTORY DESTINATION /etc/iotex-elector COMPONENT debian EXCLUDE_FROM_ALL)
set(CPACK_COMPONENTS_ALL Unspecified debian)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)

include(CPack)
