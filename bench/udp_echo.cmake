# The floor of the DNS benchmark; see dns_servers.py.
add_executable(udp_echo udp_echo.cc)
target_link_libraries(udp_echo PRIVATE evershore_flags)
