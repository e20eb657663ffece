# What `cmake --install` puts where: the same tree for /usr, /usr/local, a DESTDIR and the Debian package.
# The documents keep the folders that they have in the source tree, so that their links lead somewhere.

install(TARGETS iotex-elector elector-replay RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(TARGETS iotex-elector-guardian
  RUNTIME DESTINATION "${CMAKE_INSTALL_LIBEXECDIR}/iotex-elector")

# systemd looks below lib/, also where libraries are kept in a folder of their architecture.
set(ELECTOR_UNIT_DIR "lib/systemd/system" CACHE STRING "Where the service units are installed")
install(FILES packaging/systemd/iotex-elector.service packaging/systemd/iotex-elector@.service
  DESTINATION "${ELECTOR_UNIT_DIR}")
install(FILES packaging/systemd/iotex-elector.sysusers DESTINATION lib/sysusers.d
  RENAME iotex-elector.conf)
# The units name the program and the documents in /usr, as they stand; elsewhere they are told where.
install(CODE "
  if(NOT CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    foreach(name iotex-elector.service iotex-elector@.service)
      set(unit \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${ELECTOR_UNIT_DIR}/\${name}\")
      file(READ \"\${unit}\" text)
      string(REPLACE \"/usr/bin/iotex-elector\"
        \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/iotex-elector\" text \"\${text}\")
      string(REPLACE \"/usr/share/doc/iotex-elector\"
        \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DOCDIR}\" text \"\${text}\")
      file(WRITE \"\${unit}\" \"\${text}\")
    endforeach()
  endif()")

# Made when the program is linked (src/app), each where its shell, or man, looks.
if(NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR)
  set(said "${CMAKE_BINARY_DIR}/operator")
  install(FILES "${said}/iotex-elector" DESTINATION share/bash-completion/completions)
  install(FILES "${said}/_iotex-elector" DESTINATION share/zsh/vendor-completions)
  install(FILES "${said}/iotex-elector.fish" DESTINATION share/fish/vendor_completions.d)
  install(FILES "${said}/iotex-elector.1.gz" DESTINATION share/man/man1)
endif()

install(FILES README.md CHANGELOG.md CONTRIBUTING.md LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY docs config DESTINATION "${CMAKE_INSTALL_DOCDIR}"
  FILES_MATCHING PATTERN "*.md" PATTERN "*.toml" PATTERN "openapi.json")
install(DIRECTORY packaging/compose packaging/docker packaging/kubernetes packaging/observability
  DESTINATION "${CMAKE_INSTALL_DOCDIR}/packaging")
