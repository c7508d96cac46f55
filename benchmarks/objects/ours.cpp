// bench_objects_ours <size>: reads the object of that size into a file and prints its path.
#include <lambda_cache/lambda_cache.hpp>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  namespace lc = lambda_cache;
  if (argc != 2) return 2;
  try {
    const auto object = lc::s3::object("s3://bucket/" + std::string(argv[1]));
    std::printf("%s\n", std::string(object.get().text()).c_str());
  } catch (const lc::error& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
  return 0;
}
