# lambda_cache_fuzz_targets(TARGETS <names> [DEPENDS <folders>] [SOURCES <files of src/>])
#
# Each target is a function lambda_cache::fuzz::<name>(std::string_view) in <name>.cpp, with seeds in
# corpus/<name>. In every build all of them make the program fuzz_replay, and the ctest test
# fuzz_corpus.<name> runs one of them on its seeds. With LAMBDA_CACHE_FUZZ they make lambda_cache_fuzz
# as well, which libFuzzer drives. SOURCES are compiled in where a whole folder is not needed.
function(lambda_cache_fuzz_targets)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "TARGETS;DEPENDS;SOURCES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "lambda_cache_fuzz_targets: unknown ${arg_UNPARSED_ARGUMENTS}")
  endif()
  lambda_cache_require_folders("tests/fuzz" ${arg_DEPENDS})
  list(TRANSFORM arg_DEPENDS PREPEND lambda_cache_)
  list(TRANSFORM arg_SOURCES PREPEND "${PROJECT_SOURCE_DIR}/src/")

  set(declarations "")
  set(entries "")
  foreach(name IN LISTS arg_TARGETS)
    string(APPEND declarations "void ${name}(std::string_view input);\n")
    string(APPEND entries "    {\"${name}\", ${name}},\n")
  endforeach()
  file(CONFIGURE OUTPUT targets.cpp CONTENT [[
#include "fuzz/targets.hpp"

namespace lambda_cache::fuzz {
@declarations@
namespace {
constexpr target all[] = {
@entries@};
}
std::span<const target> targets() noexcept { return all; }
}  // namespace lambda_cache::fuzz
]] @ONLY)

  list(TRANSFORM arg_TARGETS APPEND ".cpp" OUTPUT_VARIABLE files)
  add_library(lambda_cache_fuzz_objects OBJECT ${files} ${arg_SOURCES}
                                               "${CMAKE_CURRENT_BINARY_DIR}/targets.cpp")
  target_include_directories(lambda_cache_fuzz_objects PUBLIC "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(lambda_cache_fuzz_objects PUBLIC ${arg_DEPENDS} lambda_cache_boost
                                                         lambda_cache_options)

  add_executable(fuzz_replay replay.cpp)
  target_link_libraries(fuzz_replay PRIVATE lambda_cache_fuzz_objects)
  foreach(name IN LISTS arg_TARGETS)
    add_test(NAME fuzz_corpus.${name} COMMAND fuzz_replay ${name}
                                              "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}")
    set_tests_properties(fuzz_corpus.${name} PROPERTIES LABELS unit TIMEOUT 300)
  endforeach()

  if(LAMBDA_CACHE_FUZZ)
    add_executable(lambda_cache_fuzz fuzz_main.cpp)
    target_link_libraries(lambda_cache_fuzz PRIVATE lambda_cache_fuzz_objects)
    target_link_options(lambda_cache_fuzz PRIVATE -fsanitize=fuzzer)
  endif()
endfunction()
