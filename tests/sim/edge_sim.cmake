# The edge under faulty regions. (Named edge_* like all of its files.)
add_executable(edge_sim_test edge_sim.cc edge_sim_test.cc)
target_link_libraries(edge_sim_test PRIVATE evershore_edge_run evershore_edge evershore_io evershore_routing evershore_wire_s3 evershore_wire_http
  evershore_model evershore_base GTest::gtest GTest::gtest_main)
add_test(NAME edge_sim COMMAND edge_sim_test)
