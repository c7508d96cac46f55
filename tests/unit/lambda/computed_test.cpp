#include <lambda_cache/handler.hpp>

#include "fake_handles.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>

namespace lambda_cache::test {
namespace {

struct event {
  std::string payload;
};

/// A computed value that tests make up.
template <class T>
struct fake_source final : computed_source {
  explicit fake_source(T result) : value(std::make_shared<const T>(std::move(result))) {}
  [[nodiscard]] std::shared_ptr<const void> peek() const override { return value; }
  [[nodiscard]] std::shared_ptr<const void> get() const override {
    rounds.push_back({"computed"});
    return value;
  }
  [[nodiscard]] const std::type_info& type() const noexcept override { return typeid(T); }
  [[nodiscard]] std::optional<std::string_view> text(const void* of) const override {
    if constexpr (std::is_same_v<T, std::string>) return *static_cast<const std::string*>(of);
    return std::nullopt;
  }
  std::shared_ptr<const T> value;
};

template <class T>
binding computed(std::string name, T value) {
  binding made;
  made.computed.push_back(
      {std::move(name), std::make_shared<const fake_source<T>>(std::move(value))});
  return made;
}

template <class Use>
std::string failure_of(Use use) {
  try {
    use();
  } catch (const error& why) {
    EXPECT_EQ(why.kind(), error_kind::invalid_argument);
    return why.what();
  }
  return "nothing";
}

class computed_test : public ::testing::Test {
 protected:
  computed_test() { rounds.clear(); }
};

TEST_F(computed_test, results_are_got_by_type_and_text_as_text) {
  using rates = std::map<std::string, double>;
  const auto handler =
      with(single("a", fetching("/a", "1")), computed("rates", rates{{"EUR", 2}}),
           computed("greeting", std::string("hello")))([](const event&, Context& context) {
        EXPECT_TRUE(context.contains("rates"));
        EXPECT_EQ(context.get<rates>("rates").at("EUR"), 2);
        EXPECT_EQ(context.get<std::string>("greeting"), "hello");
        return std::string(context.text("greeting")) + std::string(context.text("a"));
      });
  EXPECT_EQ(handler(event{}), "hello1");
}

TEST_F(computed_test, computes_after_what_is_missing_was_asked_for) {
  const auto handler = with(computed("n", 1), single("a", fetching("/a", "1")))(
      [](const event&, Context& context) { return context.get<int>("n"); });
  EXPECT_EQ(handler(event{}), 1);
  EXPECT_EQ(rounds, (std::vector<std::vector<std::string>>{{"/a"}, {"computed"}}));
}

TEST_F(computed_test, a_mapping_may_stand_beside_it) {
  const auto handler =
      with(mapping("m", {{"x", fetching("/x", "1")}, {"y", fetching("/y", "2")}}), computed("n", 3),
           single("z", fetching("/z", "4")))([](const event&, Context& context) {
        return std::string(context.values("m").text("y")) + std::string(context.text("z")) +
               std::to_string(context.get<int>("n"));
      });
  EXPECT_EQ(handler(event{}), "243");
}

TEST_F(computed_test, wrong_use_says_what_is_right) {
  const auto handler =
      with(computed("n", 1), single("a", fetching("/a", "1")))([](const event&, Context& context) {
        EXPECT_NE(failure_of([&] { (void)context.get<long>("n"); }).find("another type"),
                  std::string::npos);
        EXPECT_NE(failure_of([&] { (void)context.get<int>("a"); }).find("no function's result"),
                  std::string::npos);
        EXPECT_NE(failure_of([&] { (void)context.get<int>("b"); }).find("this handler has: n, a"),
                  std::string::npos);
        for (const std::string& why : {failure_of([&] { (void)context.text("n"); }),
                                       failure_of([&] { (void)context.value("n"); }),
                                       failure_of([&] { (void)context.values("n"); })})
          EXPECT_NE(why.find("context.get<T>(\"n\")"), std::string::npos) << why;
        return 0;
      });
  EXPECT_EQ(handler(event{}), 0);
  EXPECT_NE(failure_of([] { (void)with(computed("", 1)); }).find("needs a name"),
            std::string::npos);
  EXPECT_NE(
      failure_of([] { (void)with(computed("n", 1), single("n", fetching("/n", ""))); }).find("'n'"),
      std::string::npos);
}

}  // namespace
}  // namespace lambda_cache::test
