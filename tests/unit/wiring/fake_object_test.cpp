// The test kit: objects, as files and as bytes.
#include <lambda_cache/lambda_cache.hpp>
#include <lambda_cache/testing.hpp>

#include "fake_cloud_fixture.hpp"
#include "sources/fake_objects.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace lambda_cache::test {
namespace {

using namespace std::chrono_literals;
using testing::call;
using testing::fake_cloud;

const char* const uri = "s3://bucket/models/v1.bin";
// Declared before any fake began, as in programs.
const handle early = s3::object(uri, {.max_age = 60s});

class fake_object_test : public fake_cloud_fixture {
 protected:
  fake_object_test() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lc-fake-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    ::setenv("LAMBDA_CACHE_S3_DIRECTORY", directory_.c_str(), 1);
    cloud_ = std::make_unique<fake_cloud>();
    before_ = client::shared().stats();
  }
  ~fake_object_test() override {
    cloud_.reset();
    ::unsetenv("LAMBDA_CACHE_S3_DIRECTORY");
    std::filesystem::remove_all(directory_);
  }
  static std::string content(const handle& of) {
    std::ifstream in{text(of), std::ios::binary};
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::uint64_t loads() const {
    return client::shared().stats().loads - before_.loads;
  }
  [[nodiscard]] std::uint64_t revalidated() const {
    return client::shared().stats().revalidated - before_.revalidated;
  }

  std::string directory_;
  std::unique_ptr<fake_cloud> cloud_;
  statistics before_;
};

TEST_F(fake_object_test, a_file) {
  cloud_->put_object(uri, "content");
  EXPECT_EQ(text(early), directory_ + "/v1.bin");
  EXPECT_EQ(content(early), "content");
  EXPECT_EQ(cloud_->calls(), (std::vector<call>{{"s3", "GetObject", {uri}}}));
  EXPECT_EQ(client::shared().stats().calls, 1U);
  EXPECT_EQ(early.get().type(), "binary/octet-stream");
  std::filesystem::remove(directory_ + "/v1.bin");
  EXPECT_EQ(early.peek(), nullptr) << "hits check that it is still there";
  EXPECT_EQ(content(early), "content");
  EXPECT_EQ(loads(), 2U);
  std::ofstream(directory_ + "/v1.bin") << "changed";
  EXPECT_EQ(content(early), "content") << "written anew";
}

TEST_F(fake_object_test, what_has_not_changed_is_not_written_again) {
  cloud_->put_object(uri, "content");
  EXPECT_EQ(content(early), "content");
  cloud_->move(60s);
  EXPECT_EQ(content(early), "content");
  EXPECT_EQ(loads(), 1U);
  EXPECT_EQ(revalidated(), 1U);
  EXPECT_EQ(cloud_->call_count(uri), 2U);
  cloud_->put_object(uri, "newer");
  EXPECT_EQ(content(early), "content");
  cloud_->move(60s);
  EXPECT_EQ(content(early), "newer");
  EXPECT_EQ(loads(), 2U);
  std::filesystem::remove(directory_ + "/v1.bin");
  cloud_->move(60s);
  EXPECT_EQ(content(early), "newer");
  EXPECT_EQ(loads(), 3U) << "without its file it is not what it was";
}

TEST_F(fake_object_test, bytes_and_views) {
  cloud_->put_object("s3://bucket/a.json", R"({"a":"b"})", {.content_type = "application/json"});
  const handle bytes = s3::object("s3://bucket/a.json", {.max_age = 60s, .as_bytes = true});
  EXPECT_EQ(text(bytes), R"({"a":"b"})");
  EXPECT_TRUE(bytes.get().is_binary());
  EXPECT_EQ(bytes.get().type(), "application/json");
  EXPECT_EQ(text(s3::object("s3://bucket/a.json", {.field = "a"})), "b");
  EXPECT_EQ(cloud_->call_count(), 1U) << "one entry, two views";
  cloud_->move(60s);
  (void)bytes.get();
  EXPECT_EQ(revalidated(), 1U);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
  cloud_->put_object("s3://bucket/empty", "");
  EXPECT_EQ(text(s3::object("s3://bucket/empty", {.as_bytes = true})), "");
  EXPECT_EQ(content(s3::object("s3://bucket/empty")), "");
}

TEST_F(fake_object_test, versions) {
  const std::string first = cloud_->put_object(uri, "one");
  EXPECT_EQ(cloud_->put_object(uri, "two", {.version_id = "v2"}), "v2");
  cloud_->put_object(uri, "three");
  const auto of = [](const std::string& id) {
    return s3::object(uri, {.version_id = id, .as_bytes = true});
  };
  EXPECT_EQ(text(of(first)), "one");
  EXPECT_EQ(text(of("v2")), "two");
  EXPECT_EQ(of("v2").get().version_id(), "v2");
  EXPECT_EQ(content(early), "three");
  EXPECT_EQ(failure_of(of("v9")).code, "NoSuchVersion");
  cloud_->move(1h);
  EXPECT_EQ(text(of("v2")), "two");
  EXPECT_EQ(cloud_->call_count(std::string(uri) + "?versionId=v2"), 1U) << "never read again";
  EXPECT_EQ(cloud_->call_count(uri), 4U);
}

TEST_F(fake_object_test, what_is_not_there) {
  const error_info bucket = failure_of(early);
  EXPECT_EQ(bucket.kind, error_kind::not_found);
  EXPECT_EQ(bucket.code, "NoSuchBucket");
  EXPECT_EQ(bucket.name, uri);
  EXPECT_EQ(bucket.http_status, 404);
  EXPECT_NE(bucket.message.find("put it there first"), std::string::npos) << bucket.message;
  cloud_->put_object(uri, "x");
  EXPECT_EQ(cloud_->object_names(), std::vector<std::string>{uri});
  EXPECT_TRUE(cloud_->remove_object(uri));
  EXPECT_FALSE(cloud_->remove_object(uri));
  cloud_->move(5s);
  EXPECT_EQ(failure_of(early).code, "NoSuchKey");
  EXPECT_EQ(text(s3::object("s3://bucket/no", {.as_bytes = true, .default_value = "d"})), "d");
}

TEST_F(fake_object_test, each_reason) {
  const handle forced = s3::object(uri, {.max_age = 0s});
  cloud_->put_object(uri, "x");
  for (const auto kind :
       {error_kind::not_found, error_kind::access_denied, error_kind::decryption,
        error_kind::rejected, error_kind::credentials, error_kind::throttled, error_kind::timeout,
        error_kind::connection, error_kind::tls, error_kind::protocol, error_kind::service}) {
    cloud_->fail("s3://bucket", kind, {.times = 1, .service = "s3"});
    const error_info why = failure_of(forced);
    EXPECT_EQ(why.kind, kind) << to_string(kind);
    EXPECT_EQ(why.operation, "GetObject");
    EXPECT_EQ(content(forced), "x");
  }
  cloud_->fail(uri, "SlowDown");
  EXPECT_EQ(content(early), "x") << "a stale value serves";
}

TEST_F(fake_object_test, a_file_that_cannot_be_written) {
  cloud_->put_object(uri, "x");
  std::filesystem::remove_all(directory_);
  const error_info why = failure_of(early);
  EXPECT_EQ(why.kind, error_kind::storage);
  EXPECT_EQ(why.name, uri);
}

TEST_F(fake_object_test, more_than_is_kept_in_memory) {
  const client small{{.max_bytes = 100}};
  cloud_->serve(small);
  cloud_->put_object(uri, std::string(101, 'x'));
  const handle bytes = s3::object(uri, {.as_bytes = true}, small);
  EXPECT_EQ(failure_of(bytes).kind, error_kind::rejected);
}

TEST_F(fake_object_test, progress_is_told) {
  cloud_->put_object(uri, std::string(1000, 'x'));
  std::atomic<std::uint64_t> last{0};
  const handle told = s3::object(
      uri, {.max_age = 60s, .progress = [&](std::uint64_t done, std::uint64_t) { last = done; }});
  (void)told.get();
  EXPECT_EQ(last, 1000U);
  last = 0;
  cloud_->move(60s);
  (void)told.get();
  EXPECT_EQ(last, 0U) << "nothing came";
}

TEST_F(fake_object_test, a_read_that_hangs) {
  cloud_->put_object(uri, "old");
  cloud_->hang(uri);
  std::thread reader([] { EXPECT_EQ(content(early), "new"); });
  EXPECT_TRUE(cloud_->wait_for_calls(1, uri));
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
  cloud_->put_object(uri, "new");
  cloud_->release(uri);
  reader.join();
}

TEST_F(fake_object_test, files_are_not_taken_from_cloud_to_cloud) {
  cloud_->put_object(uri, "content");
  EXPECT_EQ(content(early), "content");
  fake_cloud other;
  other.put_object(uri, "content");
  EXPECT_EQ(content(early), "content");
  EXPECT_EQ(loads(), 2U) << "tests do not depend on what is left in the directory";
  EXPECT_EQ(revalidated(), 0U);
}

TEST_F(fake_object_test, a_child_has_objects_too) {
  cloud_->put_object(uri, "x");
  EXPECT_EQ(content(early), "x");
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    bool right = false;
    try {
      right = content(early) == "x";
      cloud_->put_object(uri, "of the child");
      cloud_->move(60s);
      right = right && content(early) == "of the child" && cloud_->call_count() == 2;
    } catch (...) {
    }
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_F(fake_object_test, what_cannot_be_is_refused) {
  EXPECT_EQ(refusal_of([&] { cloud_->put_object("bucket/key", "x"); }).code, "InvalidS3UriError");
  cloud_->put_object(uri, "x", {.version_id = "v1"});
  EXPECT_NE(refusal_of([&] {
              cloud_->put_object(uri, "y", {.version_id = "v1"});
            }).message.find("already"),
            std::string::npos);
  EXPECT_NE(refusal_of([&] {
              cloud_->put_object(uri, "y", {.version_id = "v 1"});
            }).message.find("version_id"),
            std::string::npos);
}

TEST(fake_object_names, what_a_name_means) {
  using sources::means_object;
  EXPECT_TRUE(means_object("s3://b/k", "s3://b/k"));
  EXPECT_TRUE(means_object("s3://b/k", "s3://b/k?versionId=1"));
  EXPECT_FALSE(means_object("s3://b/k?versionId=1", "s3://b/k"));
  EXPECT_FALSE(means_object("s3://b/k", "s3://b/key"));
  EXPECT_FALSE(means_object("s3://b/k", "s3://b/k/more"));
  EXPECT_TRUE(means_object("s3://b", "s3://b/k"));
  EXPECT_TRUE(means_object("s3://b/", "s3://b/k/more"));
  EXPECT_FALSE(means_object("s3://b", "s3://bc/k"));
  EXPECT_FALSE(means_object("s3:/", "s3://b/k"));
}

}  // namespace
}  // namespace lambda_cache::test
