# One library per folder of src/. A folder's name with '/' as '_' is its target.
#
#   evershore_library(dns_run DEPS base model io LIBS some::imported)
#
# takes every *.cc beside the CMakeLists.txt except *_test.cc, *_fuzz.cc and *_bench.cc, and makes
#   the library        evershore_dns_run
#   a unit test        dns_run_test          from *_test.cc (may name TEST_DEPS)
#   a link test        dns_run_links_alone   the whole library and only its DEPS: an undefined symbol is a floor crossed
#   fuzz targets       NAME_fuzz             from NAME_fuzz.cc, with EVERSHORE_FUZZ
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(GTest REQUIRED)
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()
enable_testing()
include(GoogleTest)

add_library(evershore_flags INTERFACE)
target_compile_options(evershore_flags INTERFACE -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough -Wno-missing-field-initializers -Wno-missing-designated-field-initializers)
target_include_directories(evershore_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(evershore_flags INTERFACE fmt::fmt Threads::Threads)

function(evershore_library name)
  cmake_parse_arguments(arg "" "" "DEPS;LIBS;TEST_DEPS;TEST_LIBS;PCH" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|bench)\\.cc$")
  list(TRANSFORM arg_DEPS PREPEND evershore_)
  list(TRANSFORM arg_TEST_DEPS PREPEND evershore_)

  if(sources)
    add_library(evershore_${name} STATIC ${sources})
    target_link_libraries(evershore_${name} PUBLIC evershore_flags ${arg_DEPS} PRIVATE ${arg_LIBS})
    if(arg_PCH)
      target_precompile_headers(evershore_${name} PRIVATE ${arg_PCH})
      target_compile_options(evershore_${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}_links_alone.cc "int main() { return 0; }\n")
    add_executable(${name}_links_alone ${CMAKE_CURRENT_BINARY_DIR}/${name}_links_alone.cc)
    target_link_libraries(${name}_links_alone PRIVATE -Wl,--whole-archive $<TARGET_FILE:evershore_${name}> -Wl,--no-whole-archive
      ${arg_DEPS} ${arg_LIBS} evershore_flags)
    add_dependencies(${name}_links_alone evershore_${name})
    add_test(NAME ${name}.links_alone COMMAND ${name}_links_alone)
    set_property(GLOBAL APPEND PROPERTY evershore_link_tests ${name}_links_alone)
  else()
    add_library(evershore_${name} INTERFACE)
    target_link_libraries(evershore_${name} INTERFACE evershore_flags ${arg_DEPS})
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE evershore_${name} ${arg_TEST_DEPS} ${arg_LIBS} ${arg_TEST_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_property(GLOBAL APPEND PROPERTY evershore_unit_tests ${name}_test)
  endif()

  if(EVERSHORE_FUZZ)
    foreach(source ${fuzzers})
      get_filename_component(fuzzer ${source} NAME_WE)
      add_executable(${fuzzer} ${source})
      target_link_libraries(${fuzzer} PRIVATE evershore_${name} ${arg_LIBS} -fsanitize=fuzzer)
      set_property(GLOBAL APPEND PROPERTY evershore_fuzzers ${fuzzer})
    endforeach()
  endif()
endfunction()
