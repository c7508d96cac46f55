// An engine and an S3 source on a loop of their own, against a fake S3 and a directory of the test.
#pragma once

#include "cache/engine.hpp"
#include "cache/key.hpp"
#include "core/object_data.hpp"
#include "sources/s3_source.hpp"
#include "support/fake_s3.hpp"

#include <gtest/gtest.h>

#include <dirent.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace lambda_cache::test {

using namespace std::chrono_literals;

inline std::string numbers(std::size_t size, int seed = 0) {
  std::string out;
  out.reserve(size + 16);
  for (int i = seed; out.size() < size; i += 7)
    out += std::to_string(i) + ' ';
  out.resize(size);
  return out;
}

/// A directory that is gone with the test.
class scratch_directory {
 public:
  scratch_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lc-s3-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~scratch_directory() { std::filesystem::remove_all(path_); }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> out;
    for (const auto& each : std::filesystem::directory_iterator(path_))
      out.push_back(each.path().filename().string());
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  std::string path_;
};

inline std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class waiting_reader final : public cache::waiter {
 public:
  void settled(std::size_t, cache::outcome result) noexcept override {
    settled_.set_value(std::move(result));
  }
  std::future<cache::outcome> outcome() { return settled_.get_future(); }

 private:
  std::promise<cache::outcome> settled_;
};

/// The options of one read.
struct s3_read {
  core::nanos max_age = 60 * core::second;
  core::nanos stale_if_error = 300 * core::second;
  std::chrono::milliseconds timeout{30s};
  int max_attempts = 3;
};
inline constexpr s3_read forced{.max_age = 0, .stale_if_error = 0};

class s3_fixture : public ::testing::Test {
 protected:
  s3_fixture() {
    settings_.region = "eu-west-1";
    settings_.part_size = 64 * 1024;
    settings_.progress_interval = 0ms;
  }
  ~s3_fixture() override { shut_down(); }

  void shut_down() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
    if (source_) source_->close();
    tools_.reset();
  }

  void TearDown() override {
    if (source_ && thread_.joinable()) {
      EXPECT_EQ(engine_.count().flights, 0U);
      for (const std::string& file : scratch_.files())
        EXPECT_FALSE(file.starts_with(".lambda-cache-")) << file << " was left";
    }
  }

  /// The source; made at first use, so that a test can change the settings before.
  sources::s3_source& source() {
    if (!source_) {
      settings_.options.url = s3_.url();
      settings_.endpoint = aws::resolve_endpoint("s3", settings_.region, settings_.options).value();
      aws::credentials keys;
      keys.access_key_id = "AKID";
      for (const char c : std::string_view("secret"))
        keys.secret_access_key.push_back(c);
      sources::credentials_settings chain;
      chain.fixed = std::move(keys);
      tools_ = std::make_shared<sources::tools>(loop_, net::tls_settings{}, std::move(chain));
      source_ = std::make_shared<sources::s3_source>(engine_, tools_, settings_);
      thread_ = std::thread([this] { loop_.run(); });
    }
    return *source_;
  }

  [[nodiscard]] std::string file(const std::string& name = "object") const {
    return scratch_.path() + "/" + name;
  }

  cache::entry_ptr open(const std::string& uri, const std::string& file_path,
                        const std::string& version = {}) {
    source();
    const sources::s3_object object{aws::parse_s3_uri(uri).value(), version, file_path};
    const std::string selector = sources::selector_of(object);
    return engine_.open(cache::make_key({.service = "s3",
                                         .endpoint = s3_.url(),
                                         .region = settings_.region,
                                         .credentials = "chain",
                                         .name = uri,
                                         .selector = selector}),
                        uri, source_, !version.empty());
  }
  cache::entry_ptr open_file() { return open("s3://bucket/key", file()); }
  cache::entry_ptr open_bytes() { return open("s3://bucket/key", {}); }

  struct started {
    std::future<cache::outcome> outcome;
    cache::ticket place;
  };
  started begin(const cache::entry_ptr& of, const s3_read& how = {}) {
    const auto who = std::make_shared<waiting_reader>();
    const cache::read_request one[] = {{.target = of,
                                        .max_age = how.max_age,
                                        .stale_if_error = how.stale_if_error,
                                        .deadline = std::chrono::steady_clock::now() + how.timeout,
                                        .max_attempts = how.max_attempts}};
    auto admitted = std::move(engine_.read(one, who, core::current_moment()).at(0));
    started out{who->outcome(), admitted.place};
    if (admitted.settled) who->settled(0, std::move(*admitted.settled));
    return out;
  }
  cache::outcome read(const cache::entry_ptr& of, const s3_read& how = {}) {
    return begin(of, how).outcome.get();
  }

  static std::shared_ptr<const core::object_data> value_of(const cache::outcome& got) {
    if (!got.ok()) {
      ADD_FAILURE() << (got.failure ? got.failure->message : "no value");
      return std::make_shared<core::object_data>();
    }
    return std::static_pointer_cast<const core::object_data>(got.value->as<core::value_data>());
  }
  std::shared_ptr<const core::object_data> value(const cache::entry_ptr& of,
                                                 const s3_read& how = {}) {
    return value_of(read(of, how));
  }
  /// The content of the file that a read gives, or its bytes.
  std::string content(const cache::entry_ptr& of, const s3_read& how = {}) {
    const auto got = value(of, how);
    if (got->kind == core::value_kind::bytes) return std::string(got->view());
    EXPECT_EQ(got->kind, core::value_kind::file);
    EXPECT_TRUE(core::is_intact(*got));
    return content_of(std::string(got->view()));
  }
  error_info failure(const cache::entry_ptr& of, const s3_read& how = forced) {
    const auto got = read(of, how);
    EXPECT_FALSE(got.ok());
    return got.failure.value_or(error_info{});
  }

  void drain() {
    cache::work todo = engine_.take_work(core::current_moment());
    for (auto& batch : todo.start)
      batch.from->fetch(std::move(batch.flights));
    for (const auto& flying : todo.abandoned)
      flying->target()->origin->abandon(flying);
  }
  /// Waits until the loop has done what it had to do.
  void settle() {
    std::promise<void> done;
    loop_.post([&] { done.set_value(); });
    done.get_future().wait();
  }

  gate hold_;  // outlives the server
  fake_s3 s3_;
  scratch_directory scratch_;
  sources::s3_settings settings_;
  net::io_loop loop_;
  cache::engine engine_{{}, [this] { loop_.post([this] { drain(); }); }, 7};
  std::shared_ptr<sources::tools> tools_;
  std::shared_ptr<sources::s3_source> source_;
  std::thread thread_;
};

}  // namespace lambda_cache::test
