// Every allocation on the I/O thread fails once, in turn, and then every one of the reader's own.
// Whatever happens: a read ends with its value or with an error of its own, at once and not at its
// deadline, and the next read works.
#include "support/failing_allocations.hpp"
#include "support/fake_endpoint.hpp"
#include "support/fake_s3.hpp"
#include "wired_fixture.hpp"

#include <atomic>
#include <filesystem>
#include <pthread.h>
#include <string_view>

namespace lambda_cache::test {
namespace {

using core::second;

enum class victim { nobody, io_thread, reader };

std::atomic<victim> counted{victim::nobody};
thread_local bool is_reader = false;
thread_local bool is_io_thread = false;

bool is_counted() {
  switch (counted.load(std::memory_order_relaxed)) {
    case victim::nobody:
      return false;
    case victim::reader:
      return is_reader;
    case victim::io_thread:
      break;
  }
  if (is_io_thread) return true;
  char name[16] = {};
  ::pthread_getname_np(::pthread_self(), name, sizeof name);
  return is_io_thread = std::string_view(name) == "lambda-cache-io";
}

constexpr const char* role_arn = "arn:aws:iam::123456789012:role/reader";

class out_of_memory : public wired_fixture {
 protected:
  using wired = std::shared_ptr<wiring::wired_cache>;
  using declaration = std::function<std::vector<handle>(const wired&)>;

  out_of_memory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lc-memory-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    env_["LAMBDA_CACHE_S3_DIRECTORY"] = directory_;
    env_["AWS_ENDPOINT_URL_S3"] = s3_.url();
    env_["AWS_ENDPOINT_URL_STS"] = sts_.url();
    sts_.answer_with([](const std::string&) -> fake_endpoint::reply {
      return {200,
              "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASSUMED"
              "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
              "<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
              "</AssumeRoleResponse>"};
    });
    for (int i = 0; i < 12; ++i)
      ssm_.put("/app/" + std::to_string(i), long_text(std::to_string(i)));
    secrets_.put("/db", long_text("secret"));
    s3_.put("/bucket/object", long_text("object"));
    is_reader = true;
    counts_here = is_counted;
  }
  ~out_of_memory() override {
    counted = victim::nobody;
    std::filesystem::remove_all(directory_);
  }

  /// Nothing of it fits inside of a string.
  static std::string long_text(const std::string& what) {
    return "the value of " + what + ", which is long enough to be allocated by itself";
  }

  [[nodiscard]] wired make_cache() {
    return std::make_shared<wiring::wired_cache>(
        config_, [this](std::string_view name) -> std::optional<std::string> {
          const auto found = env_.find(std::string(name));
          if (found == env_.end()) return std::nullopt;
          return found->second;
        });
  }
  static handle open_in(const wired& in, core::result<wiring::entry_spec> spec) {
    if (!spec) throw error(spec.error());
    const std::string name = spec->locator;
    const auto view = spec->path ? wiring::make_path_view({}) : wiring::make_view({}, name);
    return handle(std::make_shared<wiring::handle_state>(in, *spec, view.value(), name));
  }
  /// One attempt, so that a failure shows; far more time than it takes.
  static wiring::entry_options once() {
    return {.max_age = 60 * second, .timeout = 60 * second, .max_attempts = 1};
  }

  /// All of it, read at once by `read`, with the first, the second, ... allocation of `who`
  /// failing, until all goes well. `warm`: the cache has read it before.
  template <class Read>
  void fail_each_allocation(victim who, const declaration& declare, bool warm, Read read) {
    int failed = 0;
    for (long nth = 0;; ++nth) {
      ASSERT_LT(nth, 5'000);
      SCOPED_TRACE("allocation " + std::to_string(nth) + " fails");
      const wired in = make_cache();
      const std::vector<handle> handles = declare(in);
      if (warm) {
        for (const auto& each : get_all(handles))
          ASSERT_TRUE(each) << each.error().what();
        in->engine().clear();
        pass(second);
      }
      allocations_left = nth;
      counted = who;
      const std::vector<result<Value>> got = read(handles);
      counted = victim::nobody;
      for (const auto& each : got) {
        if (each) continue;
        ++failed;
        ASSERT_EQ(each.error().kind(),
                  who == victim::reader ? each.error().kind() : error_kind::protocol)
            << each.error().what();
        EXPECT_NE(each.error().kind(), error_kind::timeout) << each.error().what();
      }
      // Nothing is stuck or forgotten.
      for (const auto& each : get_all(handles))
        ASSERT_TRUE(each) << each.error().what();
      EXPECT_EQ(in->engine().count().flights, 0U);
      if (HasFatalFailure() || allocations_left >= 0) {
        EXPECT_GT(failed, 0) << "nothing was allocated: the test tests nothing";
        return;
      }
    }
  }

  void on_io_thread(const declaration& declare) {
    const auto read = [](const std::vector<handle>& all) { return get_all(all); };
    fail_each_allocation(victim::io_thread, declare, false, read);
    fail_each_allocation(victim::io_thread, declare, true, read);
  }

  std::string directory_;
  fake_s3 s3_;
  fake_endpoint sts_;
};

TEST_F(out_of_memory, one_parameter) {
  on_io_thread([](const wired& in) {
    return std::vector{open_in(in, wiring::parameter_spec("/app/1", once()))};
  });
}

TEST_F(out_of_memory, parameters_together) {
  on_io_thread([](const wired& in) {
    std::vector<handle> out;
    for (int i = 0; i < 12; ++i)
      out.push_back(open_in(in, wiring::parameter_spec("/app/" + std::to_string(i), once())));
    return out;
  });
}

TEST_F(out_of_memory, parameters_of_which_one_is_denied) {
  // All of a call are denied for it, and asked for again, one by one.
  ssm_.deny("/app/2");
  wired cache;
  for (const bool warm : {false, true})
    fail_each_allocation(
        victim::io_thread,
        [&cache](const wired& in) {
          cache = in;
          return std::vector{open_in(in, wiring::parameter_spec("/app/1", once())),
                             open_in(in, wiring::parameter_spec("/app/3", once()))};
        },
        warm,
        [&cache](const std::vector<handle>& all) {
          std::vector<handle> with_denied = all;
          with_denied.push_back(open_in(cache, wiring::parameter_spec("/app/2", once())));
          auto got = get_all(with_denied);
          EXPECT_FALSE(got.back());
          got.pop_back();
          return got;
        });
}

TEST_F(out_of_memory, a_path) {
  ssm_.page_size(5);
  on_io_thread(
      [](const wired& in) { return std::vector{open_in(in, wiring::path_spec("/app/", once()))}; });
}

TEST_F(out_of_memory, a_secret_that_rotates) {
  on_io_thread([](const wired& in) {
    wiring::entry_options how = once();
    how.rotation_aware = true;
    return std::vector{open_in(in, wiring::secret_spec("/db", how))};
  });
}

TEST_F(out_of_memory, an_object_in_memory_and_one_in_a_file) {
  on_io_thread([](const wired& in) {
    wiring::entry_options how = once();
    how.as_bytes = true;
    return std::vector{open_in(in, wiring::object_spec("s3://bucket/object", once())),
                       open_in(in, wiring::object_spec("s3://bucket/object", how))};
  });
}

TEST_F(out_of_memory, with_an_assumed_role) {
  on_io_thread([](const wired& in) {
    wiring::entry_options how = once();
    how.role.role_arn = role_arn;
    return std::vector{open_in(in, wiring::parameter_spec("/app/1", how))};
  });
}

TEST_F(out_of_memory, of_the_reader) {
  const declaration both = [](const wired& in) {
    return std::vector{open_in(in, wiring::parameter_spec("/app/1", once())),
                       open_in(in, wiring::secret_spec("/db", once()))};
  };
  for (const bool warm : {false, true}) {
    fail_each_allocation(victim::reader, both, warm, [](const std::vector<handle>& all) {
      std::vector<result<Value>> got;
      try {
        got = get_all(all);
      } catch (const std::bad_alloc&) {
        counted = victim::nobody;
        got.emplace_back(error(core::make_error(error_kind::cancelled, "thrown")));
      }
      return got;
    });
    fail_each_allocation(victim::reader, both, warm, [](const std::vector<handle>& all) {
      std::vector<result<Value>> got;
      counted = victim::nobody;
      got.reserve(all.size());
      counted = victim::reader;
      for (const handle& each : all)
        got.push_back(each.try_get());
      return got;
    });
  }
}

}  // namespace
}  // namespace lambda_cache::test
