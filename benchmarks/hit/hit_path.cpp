// The hit path in C++: the handle, the floor under it and the usual way to build such a cache.
//
// bench_hit --order=<n> <Google Benchmark's own options>: runs every case once, in an order of its
// own for each n, so that many runs make rounds whose ratios can be compared.
#include <lambda_cache/function.hpp>
#include <lambda_cache/s3.hpp>
#include <lambda_cache/secrets_manager.hpp>
#include <lambda_cache/ssm.hpp>

#include "endpoint/endpoint.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <unordered_map>
#include <vector>

namespace {

namespace lc = lambda_cache;
using namespace std::chrono_literals;

constexpr const char* name = "/bench/application/parameter/of/usual/length";

std::int64_t clock_ns(clockid_t id) {
  timespec ts;
  clock_gettime(id, &ts);
  return static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
}

/// What any cache with promises about both clocks has to do: read them, compare, follow a pointer.
void floor_two_coarse_clocks(benchmark::State& state) {
  struct slot {
    std::int64_t wall = clock_ns(CLOCK_REALTIME_COARSE);
    std::int64_t mono = clock_ns(CLOCK_MONOTONIC_COARSE);
    std::string text = "a value of some forty characters, as usual";
  };
  static const auto* const only = new slot();
  static std::atomic<const slot*> current{only};
  constexpr std::int64_t max_age = 3600LL * 1'000'000'000;
  for (auto _ : state) {
    const slot* const at = current.load(std::memory_order_acquire);
    const bool is_fresh = clock_ns(CLOCK_REALTIME_COARSE) - at->wall < max_age &&
                          clock_ns(CLOCK_MONOTONIC_COARSE) - at->mono < max_age;
    if (!is_fresh) state.SkipWithError("expired");
    benchmark::DoNotOptimize(at->text.data());
  }
}

void handle_get(benchmark::State& state) {
  static const auto* const handle = new lc::handle(lc::ssm::parameter(name, {.max_age = 1h}));
  benchmark::DoNotOptimize(handle->get());
  for (auto _ : state) {
    const lc::Value& value = handle->get();
    benchmark::DoNotOptimize(&value);
  }
}

void handle_get_text(benchmark::State& state) {
  static const auto* const handle = new lc::handle(lc::ssm::parameter(name, {.max_age = 1h}));
  benchmark::DoNotOptimize(handle->get());
  for (auto _ : state) {
    benchmark::DoNotOptimize(handle->get().text().data());
  }
}

void secret(benchmark::State& state) {
  static const auto* const handle =
      new lc::handle(lc::secrets_manager::secret("/bench/secret", {.max_age = 1h}));
  benchmark::DoNotOptimize(handle->get());
  for (auto _ : state) {
    const lc::Value& value = handle->get();
    benchmark::DoNotOptimize(&value);
  }
}

void secret_field(benchmark::State& state) {
  static const auto* const handle = new lc::handle(
      lc::secrets_manager::secret("/bench/json", {.max_age = 1h, .field = "password"}));
  benchmark::DoNotOptimize(handle->get());
  for (auto _ : state) {
    const lc::Value& value = handle->get();
    benchmark::DoNotOptimize(&value);
  }
}

/// All that a path holds, as one value.
void path(benchmark::State& state) {
  static const auto* const handle = new lc::handle(lc::ssm::path("/bench/path/", {.max_age = 1h}));
  benchmark::DoNotOptimize(handle->get());
  for (auto _ : state) {
    const lc::Value& value = handle->get();
    benchmark::DoNotOptimize(&value);
  }
}

/// The file of this process alone, removed at its end.
const std::string& file_name() {
  static const std::string own = "lambda_cache_bench_" + std::to_string(::getpid());
  return own;
}

void object_bytes(benchmark::State& state) {
  static const auto* const handle =
      new lc::handle(lc::s3::object("s3://bench/bytes", {.max_age = 1h, .as_bytes = true}));
  benchmark::DoNotOptimize(handle->get());
  for (auto _ : state) {
    const lc::Value& value = handle->get();
    benchmark::DoNotOptimize(&value);
  }
}

/// A hit looks whether the file is still the one that was written.
void object_file(benchmark::State& state) {
  static const auto* const handle = new lc::handle(
      lc::s3::object("s3://bench/object", {.max_age = 1h, .file_name = file_name()}));
  benchmark::DoNotOptimize(handle->get());
  for (auto _ : state) {
    const lc::Value& value = handle->get();
    benchmark::DoNotOptimize(&value);
  }
}

/// The least that looking at a file costs.
void floor_stat(benchmark::State& state) {
  static const lc::Value object =
      lc::s3::object("s3://bench/object", {.max_age = 1h, .file_name = file_name()}).copy();
  static const std::string file(object.text());
  for (auto _ : state) {
    struct stat seen{};
    if (::stat(file.c_str(), &seen) != 0) state.SkipWithError("no file");
    benchmark::DoNotOptimize(&seen);
  }
}

/// By name each time.
void keyed_read(benchmark::State& state) {
  benchmark::DoNotOptimize(lc::ssm::get(name));
  for (auto _ : state) {
    const lc::Value& value = lc::ssm::get(name);
    benchmark::DoNotOptimize(&value);
  }
}

/// The result of a function, by one text argument.
void memoized_call(benchmark::State& state) {
  static const auto* const call = new lc::memoized(lc::memoize(
      [](const std::string&) { return std::string("a value of some forty characters, as usual"); },
      {.max_age = 1h}));
  static const std::string wanted = name;
  benchmark::DoNotOptimize((*call)(wanted));
  for (auto _ : state) {
    const std::shared_ptr<const std::string> value = (*call)(wanted);
    benchmark::DoNotOptimize(value->data());
  }
}

/// The usual cache: one lock, one map, shared values, the precise clock.
void peer_mutex_map(benchmark::State& state) {
  struct entry {
    std::shared_ptr<const std::string> value;
    std::int64_t until = 0;
  };
  struct cache {
    std::mutex mutex;
    std::unordered_map<std::string, entry> entries;
  };
  static auto* const only = [] {
    auto* made = new cache();
    for (int i = 0; i < 10; ++i)
      made->entries[std::string(name) + (i == 0 ? "" : std::to_string(i))] = {
          std::make_shared<const std::string>("a value of some forty characters, as usual"),
          clock_ns(CLOCK_MONOTONIC) + 3600LL * 1'000'000'000};
    return made;
  }();
  static const std::string wanted = name;
  for (auto _ : state) {
    std::shared_ptr<const std::string> value;
    {
      const std::lock_guard lock(only->mutex);
      const auto found = only->entries.find(wanted);
      if (found != only->entries.end() && clock_ns(CLOCK_MONOTONIC) < found->second.until)
        value = found->second.value;
    }
    if (!value) state.SkipWithError("expired");
    benchmark::DoNotOptimize(value->data());
  }
}

struct bench_case {
  const char* title;
  void (*run)(benchmark::State&);
  int threads;
};

void register_in_order(unsigned order) {
  std::vector<bench_case> cases;
  for (const int threads : {1, 2}) {
    cases.push_back({"floor", floor_two_coarse_clocks, threads});
    cases.push_back({"handle", handle_get, threads});
    cases.push_back({"handle_text", handle_get_text, threads});
    cases.push_back({"keyed", keyed_read, threads});
    cases.push_back({"secret", secret, threads});
    cases.push_back({"secret_field", secret_field, threads});
    cases.push_back({"path", path, threads});
    cases.push_back({"object_bytes", object_bytes, threads});
    cases.push_back({"object_file", object_file, threads});
    cases.push_back({"stat", floor_stat, threads});
    cases.push_back({"memoized", memoized_call, threads});
    cases.push_back({"mutex_map", peer_mutex_map, threads});
  }
  std::shuffle(cases.begin(), cases.end(), std::minstd_rand(order + 1));
  for (const bench_case& one : cases)
    benchmark::RegisterBenchmark(one.title, one.run)->Threads(one.threads);
}

}  // namespace

int main(int argc, char** argv) {
  unsigned order = 0;
  static constexpr const char* option = "--order=";
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], option, std::strlen(option)) != 0) continue;
    order = static_cast<unsigned>(std::strtoul(argv[i] + std::strlen(option), nullptr, 10));
    std::copy(argv + i + 1, argv + argc + 1, argv + i);
    --argc;
    break;
  }
  static lc::benchmarks::endpoint serving;
  setenv("AWS_ENDPOINT_URL_SSM", serving.url().c_str(), 1);
  setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", serving.url().c_str(), 1);
  setenv("AWS_ENDPOINT_URL_S3", serving.url().c_str(), 1);
  setenv("AWS_REGION", "us-east-1", 1);
  setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "example", 1);

  register_in_order(order);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  ::unlink(("/tmp/" + file_name()).c_str());
  // Every case reads one value: a few calls at most, or this was no hit path.
  return serving.calls() <= 8 ? 0 : 1;
}
