// The memory of fetched credentials, with a fetcher under the test's control.
#include "sources/refreshing_provider.hpp"
#include "unit/net/client_fixture.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lambda_cache::sources {
namespace {

using keys_result = core::result<credentials_provider::keys>;

struct scripted_fetcher final : key_fetcher {
  struct control {
    int fetches = 0;
    handler pending;
    renewal kind = renewal::by_share;
    bool* destroyed = nullptr;
  };
  explicit scripted_fetcher(std::shared_ptr<control> with) : with_(std::move(with)) {}
  ~scripted_fetcher() override {
    if (with_->destroyed != nullptr) *with_->destroyed = true;
  }
  scripted_fetcher(const scripted_fetcher&) = delete;
  scripted_fetcher& operator=(const scripted_fetcher&) = delete;
  void fetch(handler done) override {
    ++with_->fetches;
    with_->pending = std::move(done);
  }
  [[nodiscard]] renewal renews() const noexcept override { return with_->kind; }
  std::shared_ptr<control> with_;
};

class provider_test : public testing::Test {
 protected:
  provider_test() : http_(loop_, {}), tools_{loop_, http_, budget_, offset_} { make(); }

  void make() {
    provider_ = std::make_shared<refreshing_provider>(
        tools_, std::make_unique<scripted_fetcher>(fetcher_), "scripted");
  }
  void get() {
    provider_->get([this](keys_result got) { got_.push_back(std::move(got)); });
  }
  void answer(const std::string& id, std::optional<std::int64_t> lifetime) {
    aws::credentials keys;
    keys.access_key_id = id;
    if (lifetime) keys.expiration = tools_.now() + *lifetime;
    std::exchange(fetcher_->pending, nullptr)(std::move(keys));
  }
  void fail(error_kind kind = error_kind::connection) {
    std::exchange(fetcher_->pending, nullptr)(core::fail(core::make_error(kind, "no")));
  }
  std::string last() const {
    if (got_.empty()) return "(nothing)";
    return got_.back() ? (*got_.back())->access_key_id : "(error)";
  }
  static void pass(std::int64_t seconds) {
    core::shift(seconds * core::second, seconds * core::second, seconds * core::second);
  }

  net::io_loop loop_;
  net::http_client http_;
  net::retry_budget budget_;
  std::int64_t offset_ = 0;
  fetch_tools tools_;
  std::shared_ptr<scripted_fetcher::control> fetcher_ =
      std::make_shared<scripted_fetcher::control>();
  std::shared_ptr<refreshing_provider> provider_;
  std::vector<keys_result> got_;
};

TEST_F(provider_test, callers_share_one_fetch) {
  get();
  get();
  EXPECT_EQ(fetcher_->fetches, 1);
  EXPECT_TRUE(got_.empty());
  answer("A", 3600);
  ASSERT_EQ(got_.size(), 2U);
  get();
  EXPECT_EQ(got_.size(), 3U);
  EXPECT_EQ(last(), "A");
  EXPECT_EQ(fetcher_->fetches, 1);
}

TEST_F(provider_test, keys_without_an_expiration_stay) {
  get();
  answer("A", std::nullopt);
  pass(1'000'000);
  get();
  EXPECT_EQ(last(), "A");
  EXPECT_EQ(fetcher_->fetches, 1);
}

TEST_F(provider_test, the_windows_begin_where_botocores_do) {
  fetcher_->kind = renewal::fixed;
  get();
  answer("A", 3600);
  pass(3600 - aws::advisory_refresh_seconds - 2);
  get();
  EXPECT_EQ(fetcher_->fetches, 1);
  pass(3);
  get();
  EXPECT_EQ(got_.size(), 3U) << "still served at once";
  EXPECT_EQ(fetcher_->fetches, 2);
  pass(aws::advisory_refresh_seconds - aws::mandatory_refresh_seconds);
  get();
  EXPECT_EQ(got_.size(), 3U) << "waits for new ones";
  answer("B", 3600);
  EXPECT_EQ(last(), "B");
  EXPECT_EQ(fetcher_->fetches, 2);
}

TEST_F(provider_test, short_lives_have_short_windows) {
  get();
  answer("A", 900);
  pass(440);
  get();
  EXPECT_EQ(fetcher_->fetches, 1);
  pass(20);
  get();
  EXPECT_EQ(fetcher_->fetches, 2) << "half of the life is over";
  EXPECT_EQ(last(), "A");
}

TEST_F(provider_test, failures_pause_and_old_ones_serve) {
  get();
  answer("A", 3600);
  pass(3000);
  get();
  ASSERT_EQ(fetcher_->fetches, 2);
  fail();
  get();
  EXPECT_EQ(fetcher_->fetches, 2) << "no sooner than after a second";
  pass(2);
  get();
  EXPECT_EQ(fetcher_->fetches, 3);
  fail();
  pass(1);
  get();
  EXPECT_EQ(fetcher_->fetches, 3) << "the pause has doubled";
  EXPECT_EQ(last(), "A");
  pass(600);
  got_.clear();
  get();
  EXPECT_TRUE(got_.empty());
  fail();
  EXPECT_EQ(last(), "(error)");
  get();
  EXPECT_EQ(fetcher_->fetches, 5) << "without any there is no pause: the readers have their own";
  answer("B", 3600);
  EXPECT_EQ(last(), "B");
}

TEST_F(provider_test, refused_ones_are_replaced_once) {
  get();
  answer("A", 3600);
  const auto refused = *got_.back();
  EXPECT_TRUE(provider_->renew(refused));
  get();
  answer("B", 3600);
  EXPECT_EQ(last(), "B");
  EXPECT_TRUE(provider_->renew(refused)) << "another caller with the same old ones";
  get();
  EXPECT_EQ(fetcher_->fetches, 2);
  EXPECT_EQ(last(), "B");
}

TEST_F(provider_test, what_never_changes_is_not_renewed) {
  fetcher_->kind = renewal::never;
  get();
  answer("A", std::nullopt);
  EXPECT_FALSE(provider_->renew(*got_.back()));
}

TEST_F(provider_test, an_answer_after_the_end_is_dropped) {
  bool destroyed = false;
  fetcher_->destroyed = &destroyed;
  get();
  provider_.reset();
  EXPECT_TRUE(destroyed);
  answer("A", 3600);
  EXPECT_TRUE(got_.empty());
}

TEST_F(provider_test, a_corrected_clock_counts) {
  get();
  answer("A", 3600);
  offset_ = 7200;  // ours is two hours late
  got_.clear();
  get();
  EXPECT_TRUE(got_.empty());
  EXPECT_EQ(fetcher_->fetches, 2);
}

}  // namespace
}  // namespace lambda_cache::sources
