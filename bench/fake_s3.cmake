# The two ends of the replication benchmark; see replication.py.
add_executable(fake_s3 fake_s3.cc)
target_link_libraries(fake_s3 PRIVATE evershore_flags OpenSSL::Crypto)
