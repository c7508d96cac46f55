# lambda_cache_test(<name> SOURCES <files> [DEPENDS <folders>] [LINK <libraries>])
#
# A GoogleTest executable; every test in it is a ctest test named <name>.<suite>.<test>.
# tests/support is linked where it exists.
if(LAMBDA_CACHE_BUILD_TESTS)
  include(GoogleTest)
endif()

function(lambda_cache_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LINK")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "lambda_cache_test(${name}): unknown ${arg_UNPARSED_ARGUMENTS}")
  endif()
  lambda_cache_require_folders("test ${name}" ${arg_DEPENDS})

  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  list(TRANSFORM arg_DEPENDS PREPEND lambda_cache_)
  if(TARGET lambda_cache_test_support)
    list(PREPEND arg_LINK lambda_cache_test_support)
  endif()
  target_link_libraries(${name} PRIVATE ${arg_LINK} ${arg_DEPENDS} GTest::gtest GTest::gtest_main
                                        lambda_cache_options)
  # A leak or a bad access ends the test, not the report only.
  gtest_discover_tests(
    ${name}
    TEST_PREFIX "${name}."
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 300 LABELS unit)
endfunction()

# lambda_cache_must_not_compile(<name> SOURCE <file> MATCHES <regex>)
#
# A ctest test that passes when the file is refused with a diagnostic that matches the expression.
function(lambda_cache_must_not_compile name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SOURCE;MATCHES" "")
  cmake_path(ABSOLUTE_PATH arg_SOURCE BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  add_test(NAME must_not_compile.${name}
           COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only -fdiagnostics-color=never
                   -I${PROJECT_SOURCE_DIR}/include ${arg_SOURCE})
  set_tests_properties(must_not_compile.${name} PROPERTIES PASS_REGULAR_EXPRESSION "${arg_MATCHES}"
                       LABELS unit TIMEOUT 120)
endfunction()
