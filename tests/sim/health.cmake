add_executable(health_sim_test health_sim.cc health_sim_test.cc)
target_include_directories(health_sim_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(health_sim_test PRIVATE evershore_flags evershore_health evershore_routing evershore_model evershore_base GTest::gtest GTest::gtest_main)
add_test(NAME health_sim COMMAND health_sim_test)
