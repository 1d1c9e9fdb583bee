# `make package`: a Debian package of the program, its service, manual pages and completions, by CPack.
include(GNUInstallDirs)
set(made ${CMAKE_BINARY_DIR}/package)
add_custom_command(OUTPUT ${made}/made
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/package-files $<TARGET_FILE:evershore> ${made}
  DEPENDS evershore ${CMAKE_SOURCE_DIR}/scripts/package-files ${CMAKE_SOURCE_DIR}/scripts/manual ${CMAKE_SOURCE_DIR}/CHANGELOG.md
    ${CMAKE_SOURCE_DIR}/packaging/debian/changelog
  COMMENT "Manual pages and completions" VERBATIM)
add_custom_target(package_files DEPENDS ${made}/made)

set(share /usr/share)
install(TARGETS evershore RUNTIME DESTINATION /usr/bin)
install(FILES packaging/evershore.service DESTINATION /lib/systemd/system)
install(FILES packaging/evershore.toml DESTINATION /etc/evershore)
install(DIRECTORY ${made}/man/ DESTINATION ${share}/man/man1)
install(FILES ${made}/evershore.bash DESTINATION ${share}/bash-completion/completions RENAME evershore)
install(FILES ${made}/_evershore DESTINATION ${share}/zsh/vendor-completions)
install(FILES ${made}/evershore.fish DESTINATION ${share}/fish/vendor_completions.d)
install(DIRECTORY ${made}/doc/ DESTINATION ${share}/doc/evershore)
install(FILES packaging/debian/copyright DESTINATION ${share}/doc/evershore)
install(FILES packaging/debian/lintian-overrides DESTINATION ${share}/lintian/overrides RENAME evershore)
install(FILES examples/evershore.toml packaging/prometheus/evershore-rules.yml packaging/grafana/evershore.json DESTINATION ${share}/doc/evershore/examples)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME evershore)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Evershore authors <evershore@example.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "S3 multi-region failover: DNS, edge and replication in one program")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "One hostname over the same data in several regions' S3 buckets, so that a\nregion's death goes unnoticed: health checks, failover by DNS, an HTTP edge\nthat takes downloads over, and replication between any S3 stores.\n.\nThe service runs as its own user, with a console at http://127.0.0.1:9090/.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.54~)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_SOURCE_DIR}/packaging/debian/postinst ${CMAKE_SOURCE_DIR}/packaging/debian/prerm ${CMAKE_SOURCE_DIR}/packaging/debian/postrm
  ${CMAKE_SOURCE_DIR}/packaging/debian/conffiles)
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR})
include(CPack)
