// Objects, sent from their files.
#include "unit/agent/agent_fixture.hpp"

#include <dirent.h>
#include <filesystem>
#include <fstream>

namespace lambda_cache::agent {
namespace {

using test_support::local_client;

class objects_test : public agent_fixture {
 protected:
  static std::string request(const std::string& uri) {
    return "GET /s3/get?uri=" + uri + " HTTP/1.1\r\nHost: localhost\r\n" + token + "\r\n";
  }
  static std::string pattern(std::size_t size, char seed) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
      bytes[i] = static_cast<char>(seed + static_cast<char>(i * 131 + i / 251));
    return bytes;
  }
  /// The file that the agent keeps: the only one of these that has this content.
  static std::vector<std::filesystem::path> files_of(const std::string& bytes) {
    std::vector<std::filesystem::path> found;
    for (const auto& each : std::filesystem::directory_iterator("/tmp")) {
      if (!each.path().filename().string().starts_with("lambda-cache-agent-")) continue;
      std::error_code failed;
      if (!each.is_regular_file(failed) || each.file_size(failed) != bytes.size()) continue;
      std::ifstream in(each.path(), std::ios::binary);
      if (std::string(std::istreambuf_iterator<char>(in), {}) == bytes)
        found.push_back(each.path());
    }
    return found;
  }
};

TEST_F(objects_test, of_every_size) {
  start();
  int number = 0;
  for (const std::size_t size : {0U, 1U, 65535U, 65536U, 65537U, 131072U, 3'000'000U}) {
    const std::string uri = "s3://agent-sizes/" + std::to_string(number);
    const std::string bytes = pattern(size, static_cast<char>(number++));
    cloud_.put_object(uri, bytes, {.content_type = "text/x-test"});
    local_client client(served_->port());
    for (int again = 0; again < 2; ++again) {
      client.send(request(uri));
      const auto got = client.receive();
      EXPECT_EQ(got.status, 200);
      EXPECT_EQ(got.headers.at("content-length"), std::to_string(size));
      EXPECT_EQ(got.headers.at("content-type"), "text/x-test");
      EXPECT_EQ(got.headers.at("x-cache"), again == 0 ? "MISS" : "HIT");
      EXPECT_TRUE(got.body == bytes) << size;
    }
  }
}

TEST_F(objects_test, versions_are_different_objects) {
  const std::string first = cloud_.put_object("s3://agent-versions/k", "one");
  cloud_.put_object("s3://agent-versions/k", "two");
  start();
  EXPECT_EQ(get("/s3/get?uri=s3://agent-versions/k").body, "two");
  EXPECT_EQ(get("/s3/get?uri=s3://agent-versions/k&versionId=" + first).body, "one");
  EXPECT_EQ(get("/s3/get?uri=s3://agent-versions/k").body, "two");
}

TEST_F(objects_test, one_that_is_replaced_while_it_is_sent_is_sent_to_its_end) {
  const std::string old = pattern(6'000'000, 'a');
  cloud_.put_object("s3://agent-replaced/k", old);
  start();
  local_client slow(served_->port());
  slow.send(request("s3://agent-replaced/k"));
  EXPECT_TRUE(slow.receive_head().starts_with("HTTP/1.1 200"));
  const std::string fresh = pattern(5'000'000, 'b');
  cloud_.put_object("s3://agent-replaced/k", fresh);
  EXPECT_TRUE(get("/s3/get?uri=s3://agent-replaced/k&refreshNow=1").body == fresh);
  EXPECT_TRUE(slow.receive_bytes(old.size()) == old);
}

TEST_F(objects_test, a_file_that_somebody_removed_or_changed_is_fetched_again) {
  const std::string bytes = pattern(70'000, 'r');
  cloud_.put_object("s3://agent-removed/k", bytes);
  start();
  EXPECT_TRUE(get("/s3/get?uri=s3://agent-removed/k").body == bytes);
  auto files = files_of(bytes);
  ASSERT_EQ(files.size(), 1U);
  std::filesystem::remove(files.front());
  EXPECT_TRUE(get("/s3/get?uri=s3://agent-removed/k").body == bytes);
  std::ofstream(files.front()) << "not what S3 has";
  EXPECT_TRUE(get("/s3/get?uri=s3://agent-removed/k").body == bytes);
}

TEST_F(objects_test, a_client_that_leaves_halfway_leaves_nothing_open) {
  cloud_.put_object("s3://agent-left/k", pattern(6'000'000, 'l'));
  start();
  EXPECT_EQ(get("/s3/get?uri=s3://agent-left/k").status, 200);
  const auto descriptors = [] {
    std::size_t count = 0;
    DIR* const all = ::opendir("/proc/self/fd");
    while (::readdir(all) != nullptr)
      ++count;
    ::closedir(all);
    return count;
  };
  local_client other(served_->port());
  EXPECT_EQ(other.get("/ping").status, 200);
  const std::size_t before = descriptors();
  for (int i = 0; i < 20; ++i) {
    local_client leaving(served_->port());
    leaving.send(request("s3://agent-left/k"));
    EXPECT_TRUE(leaving.receive_head().starts_with("HTTP/1.1 200"));
  }
  // Each of these is answered behind what the server does about one that left.
  for (int i = 0; i < 1000 && descriptors() > before; ++i)
    EXPECT_EQ(other.get("/ping").status, 200);
  EXPECT_LE(descriptors(), before);
}

TEST_F(objects_test, what_is_not_there) {
  start();
  const auto got = get("/s3/get?uri=s3://agent-none/k");
  EXPECT_EQ(got.status, 404);
  EXPECT_NE(got.body.find("NoSuch"), std::string::npos) << got.body;
  EXPECT_EQ(get("/s3/get?uri=http://agent/k").status, 400);
}

}  // namespace
}  // namespace lambda_cache::agent
