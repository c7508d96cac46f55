// Objects through the C++ front door.
#include <lambda_cache/s3.hpp>

#include "support/fake_s3.hpp"
#include "wired_fixture.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>

namespace lambda_cache::test {
namespace {

class object_test : public ::testing::Test {
 protected:
  object_test() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lc-object-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    // The client reads the environment at its first fetch.
    ::setenv("AWS_REGION", "eu-west-1", 1);
    ::setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    ::setenv("LAMBDA_CACHE_S3_DIRECTORY", directory_.c_str(), 1);
  }
  ~object_test() override { std::filesystem::remove_all(directory_); }

  static std::string content(const handle& of) {
    std::ifstream in{std::string(of.get().text()), std::ios::binary};
    return {std::istreambuf_iterator<char>(in), {}};
  }
  template <class Declare>
  static error_info refusal_of(const Declare& declare) {
    try {
      (void)declare();
    } catch (const error& failure) {
      return failure.info();
    }
    ADD_FAILURE() << "it was not refused";
    return {};
  }

  gate rest_;  // outlives the server that waits at it
  fake_s3 s3_;
  std::string directory_;
  client client_{{.endpoint_url = s3_.url()}};
};

TEST_F(object_test, by_name_with_the_shared_client) {
  s3_.put("/bucket/named", "content");
  ::setenv("AWS_ENDPOINT_URL_S3", s3_.url().c_str(), 1);
  client::shared().reset();
  for (int round = 0; round < 3; ++round)
    EXPECT_EQ(s3::get("s3://bucket/named").text(), directory_ + "/named");
  EXPECT_EQ(s3_.call_count(), 1U);
  EXPECT_EQ(refusal_of([] { return s3::get("bucket/named"); }).code, "InvalidS3UriError");
  ::unsetenv("AWS_ENDPOINT_URL_S3");
  client::shared().reset();
}

TEST_F(object_test, a_handle_gives_a_path_and_looks_after_its_file) {
  s3_.put("/bucket/a/b.txt", "content");
  const handle object = s3::object("s3://bucket/a/b.txt", {}, client_);
  EXPECT_EQ(object.get().text(), directory_ + "/b.txt");
  EXPECT_EQ(content(object), "content");
  EXPECT_EQ(s3_.call_count(), 1U);
  EXPECT_NE(object.peek(), nullptr);
  std::filesystem::remove(directory_ + "/b.txt");
  EXPECT_EQ(object.peek(), nullptr);
  EXPECT_EQ(content(object), "content");
  EXPECT_EQ(s3_.call_count(), 2U);
  const handle copies[] = {object, object};
  std::filesystem::remove(directory_ + "/b.txt");
  for (const auto& got : get_all(copies))
    EXPECT_TRUE(got);
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/b.txt"));
  EXPECT_EQ(s3_.call_count(), 3U);
  const Value fresh = object.refresh();
  EXPECT_EQ(fresh.type(), "text/plain");
}

TEST_F(object_test, bytes_and_fields) {
  s3_.put("/bucket/a.json", R"({"a":"b"})");
  const handle bytes = s3::object("s3://bucket/a.json", {.as_bytes = true}, client_);
  EXPECT_EQ(bytes.get().text(), R"({"a":"b"})");
  EXPECT_TRUE(bytes.get().is_binary());
  const handle field = s3::object("s3://bucket/a.json", {.field = "a"}, client_);
  EXPECT_EQ(field.get().text(), "b");
  EXPECT_EQ(s3_.call_count(), 1U) << "one entry, two views";
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(object_test, one_file_is_of_one_object) {
  const handle first = s3::object("s3://bucket/one/data", {}, client_);
  const error_info why =
      refusal_of([&] { return s3::object("s3://bucket/two/data", {}, client_); });
  EXPECT_EQ(why.kind, error_kind::invalid_argument);
  EXPECT_NE(why.message.find("s3://bucket/one/data"), std::string::npos) << why.message;
  const auto as_role = [&](const std::string& role, const std::string& external_id) {
    return [this, role, external_id] {
      return s3::object("s3://bucket/one/data",
                        {.role_arn = "arn:aws:iam::123456789012:role/" + role,
                         .external_id = external_id,
                         .file_name = "of-a-role"},
                        client_);
    };
  };
  const handle of_a_role = as_role("one", "")();
  EXPECT_NO_THROW((void)as_role("one", "")());
  for (const auto& other : {as_role("two", ""), as_role("one", "tenant")}) {
    const error_info different = refusal_of(other);
    EXPECT_EQ(different.kind, error_kind::invalid_argument);
    EXPECT_NE(different.message.find("role"), std::string::npos) << different.message;
  }
  EXPECT_NO_THROW((void)s3::object("s3://bucket/two/data", {.file_name = "other"}, client_));
  EXPECT_NO_THROW((void)s3::object("s3://bucket/two/data", {.as_bytes = true}, client_));
}

TEST_F(object_test, one_file_is_of_one_client) {
  s3_.put("/bucket/one/data", "content");
  s3_.put("/bucket/two/data", "other");
  const handle first = s3::object("s3://bucket/one/data", {}, client_);
  std::optional<client> second{client_config{.endpoint_url = s3_.url()}};
  const auto declare = [&](const char* uri) {
    return [&second, uri] { return s3::object(uri, {}, *second); };
  };
  for (const char* uri : {"s3://bucket/one/data", "s3://bucket/two/data"}) {
    const error_info why = refusal_of(declare(uri));
    EXPECT_EQ(why.kind, error_kind::invalid_argument);
    for (const std::string& part :
         {std::string("s3://bucket/one/data in another client"), std::string(uri)})
      EXPECT_NE(why.message.find(part), std::string::npos) << why.message;
  }
  // What one gives up is its own.
  second->reset();
  EXPECT_EQ(refusal_of(declare("s3://bucket/two/data")).kind, error_kind::invalid_argument);
  EXPECT_EQ(content(first), "content");
  client_.reset();
  {
    const handle other = declare("s3://bucket/two/data")();
    EXPECT_EQ(content(other), "other");
    // Declared before the reset, it finds its file taken when it is read.
    const auto got = first.try_get();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind(), error_kind::invalid_argument);
  }
  second.reset();
  EXPECT_EQ(content(first), "content");
}

TEST_F(object_test, wrong_use_is_refused_where_it_is_written) {
  EXPECT_EQ(refusal_of([&] { return s3::object("bucket/key", {}, client_); }).code,
            "InvalidS3UriError");
  for (const s3::options& bad :
       {s3::options{.file_name = "a/b"}, s3::options{.file_name = "x", .as_bytes = true},
        s3::options{.version_id = ""}, s3::options{.region = "Nowhere!"}})
    EXPECT_EQ(refusal_of([&] { return s3::object("s3://bucket/k", bad, client_); }).kind,
              error_kind::invalid_argument);
  EXPECT_EQ(refusal_of([&] { return s3::object("s3://bucket/dir/", {}, client_); }).kind,
            error_kind::invalid_argument);
}

TEST_F(object_test, bindings_name_their_files) {
  s3_.put("/bucket/key", "content");
  const binding one = s3::cache({.uri = "s3://bucket/key", .entry_name = "model"}, client_);
  EXPECT_EQ(one.items.at(0).name, "model");
  EXPECT_EQ(one.items.at(0).value.get().text(), directory_ + "/model");
  const binding several = s3::cache({.mapping = {{"alias", "s3://bucket/key"}}}, client_);
  EXPECT_EQ(several.items.at(0).name, "alias");
  EXPECT_EQ(several.items.at(0).value.get().text(), directory_ + "/alias");
}

TEST_F(object_test, progress_is_told) {
  s3_.put("/bucket/key", std::string(1000, 'x'));
  std::atomic<std::uint64_t> last{0};
  const handle object =
      s3::object("s3://bucket/key",
                 {.progress = [&](std::uint64_t done, std::uint64_t) { last = done; }}, client_);
  (void)object.get();
  EXPECT_EQ(last, 1000U);
}

/// A sanitizer sees what would be left.
TEST_F(object_test, a_client_may_end_while_a_download_is_given_up) {
  s3_.put("/bucket/slow", "content");
  s3_.intercept([&](const auto&) { return fake_s3::reply{.hold_after = 1, .hold = &rest_}; });
  {
    std::promise<void> came;
    std::atomic<int> told{0};
    const auto note = [&](std::uint64_t, std::uint64_t) {
      if (told++ == 0) came.set_value();
    };
    const client ending{{.endpoint_url = s3_.url()}};
    const handle object = s3::object("s3://bucket/slow", {.progress = note}, ending);
    auto reading = detail::start_all({&object, 1});
    came.get_future().wait();
    reading.reset();
  }
  rest_.open();
}

}  // namespace
}  // namespace lambda_cache::test
