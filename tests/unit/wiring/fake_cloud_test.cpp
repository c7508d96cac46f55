// The test kit, as programs use it: with the shared client and with clients of their own.
#include <lambda_cache/lambda_cache.hpp>
#include <lambda_cache/testing.hpp>

#include "fake_cloud_fixture.hpp"
#include "sources/fake_store.hpp"

#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace lambda_cache::test {
namespace {

using namespace std::chrono_literals;
using testing::call;
using testing::fake_cloud;

// Declared before any fake began, as in programs.
const handle early = ssm::parameter("/app/early", {.max_age = 60s});

class fake_cloud_test : public fake_cloud_fixture {};

TEST_F(fake_cloud_test, values_of_every_kind) {
  fake_cloud cloud;
  EXPECT_EQ(cloud.put_parameter("/app/early", "x"), 1);
  cloud.put_parameter("/app/list", "a,b,,c", {.type = "StringList"});
  cloud.put_parameter("/app/secret", "hidden", {.type = "SecureString"});
  const std::string first = cloud.put_secret("/prod/db", R"({"password":"p"})");
  cloud.put_secret("/prod/key", std::string("\0\xff", 2), {.is_binary = true});

  EXPECT_EQ(text(early), "x");
  EXPECT_TRUE(ssm::parameter("/app/list").copy().is_list());
  EXPECT_EQ(ssm::parameter("/app/secret").get().type(), "SecureString");
  EXPECT_NE(text(ssm::parameter("/app/secret", {.with_decryption = false})), "hidden");
  EXPECT_EQ(text(secrets_manager::secret("/prod/db", {.field = "password"})), "p");
  EXPECT_EQ(secrets_manager::secret("/prod/db").get().version_id(), first);
  const handle key = secrets_manager::secret("/prod/key");
  EXPECT_TRUE(key.get().is_binary());
  EXPECT_EQ(key.get().text(), std::string_view("\0\xff", 2));
}

TEST_F(fake_cloud_test, versions_labels_and_stages) {
  fake_cloud cloud;
  for (const char* value : {"one", "two", "three"})
    cloud.put_parameter("/app/var", value);
  cloud.label_parameter("/app/var", "blessed", 2);
  EXPECT_EQ(text(ssm::parameter("/app/var")), "three");
  EXPECT_EQ(ssm::parameter("/app/var").get().version(), 3);
  EXPECT_EQ(text(ssm::parameter("/app/var:1")), "one");
  EXPECT_EQ(text(ssm::parameter("/app/var:blessed")), "two");
  EXPECT_EQ(text(ssm::parameter("arn:aws:ssm:eu-west-1:111122223333:parameter/app/var")), "three");
  EXPECT_EQ(failure_of(ssm::parameter("/app/var:4")).code, "ParameterVersionNotFound");
  EXPECT_EQ(failure_of(ssm::parameter("/app/var:cursed")).code, "ParameterVersionNotFound");

  const std::string old = cloud.put_secret("db", "old");
  cloud.put_secret("db", "new");
  cloud.put_secret("db", "later", {.stages = {"AWSPENDING"}});
  EXPECT_EQ(text(secrets_manager::secret("db")), "new");
  EXPECT_EQ(text(secrets_manager::secret("db", {.version_stage = "AWSPREVIOUS"})), "old");
  EXPECT_EQ(text(secrets_manager::secret("db", {.version_stage = "AWSPENDING"})), "later");
  EXPECT_EQ(text(secrets_manager::secret("db", {.version_id = old})), "old");
  EXPECT_EQ(text(secrets_manager::secret(
                "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-Zz9Yy8", {})),
            "new");
}

TEST_F(fake_cloud_test, what_is_not_there) {
  fake_cloud cloud;
  const error_info parameter = failure_of(early);
  EXPECT_EQ(parameter.kind, error_kind::not_found);
  EXPECT_EQ(parameter.code, "ParameterNotFound");
  EXPECT_EQ(parameter.name, "/app/early");
  EXPECT_NE(parameter.message.find("put it there first"), std::string::npos) << parameter.message;
  EXPECT_EQ(failure_of(secrets_manager::secret("/app/early")).code, "ResourceNotFoundException");
  EXPECT_EQ(text(ssm::parameter("/no", {.default_value = "instead"})), "instead");
  cloud.put_parameter("/app/early", "x");
  cloud.move(5s);  // as long as "not found" is remembered
  EXPECT_EQ(text(early), "x");
  EXPECT_TRUE(cloud.remove_parameter("/app/early"));
  EXPECT_FALSE(cloud.remove_parameter("/app/early"));
  cloud.move(60s);
  EXPECT_EQ(failure_of(early).kind, error_kind::not_found);
}

TEST_F(fake_cloud_test, time_passes_when_it_is_told_to) {
  fake_cloud cloud;
  cloud.put_parameter("/app/early", "old");
  EXPECT_EQ(text(early), "old");
  cloud.put_parameter("/app/early", "new");
  cloud.move(50s);
  EXPECT_EQ(text(early), "old");
  cloud.move(10s);
  EXPECT_EQ(text(early), "new");
  EXPECT_EQ(cloud.call_count("/app/early"), 2U);
}

TEST_F(fake_cloud_test, calls_are_those_that_the_service_would_get) {
  fake_cloud cloud;
  std::vector<handle> several;
  for (int i = 0; i < 11; ++i) {
    const std::string name = "/many/" + std::to_string(i + 10);
    cloud.put_parameter(name, "x");
    several.push_back(ssm::parameter(name));
  }
  for (const auto& got : get_all(several))
    EXPECT_TRUE(got);
  const auto seen = cloud.calls();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].operation, "GetParameters");
  EXPECT_EQ(seen[0].names.size(), 10U);
  EXPECT_EQ(seen[1], (call{"ssm", "GetParameter", {"/many/20"}}));
  EXPECT_EQ(client::shared().stats().calls, 2U);

  cloud.forget_calls();
  cloud.put_secret("a", "x");
  cloud.put_secret("b", "x");
  const handle secrets[] = {secrets_manager::secret("a"), secrets_manager::secret("b"),
                            secrets_manager::secret("a", {.version_stage = "AWSCURRENT"}),
                            secrets_manager::secret("b", {.version_stage = "mine"})};
  (void)get_all(secrets);
  EXPECT_EQ(cloud.calls(),
            (std::vector<call>{{"secretsmanager", "GetSecretValue", {"b#version_stage=mine"}},
                               {"secretsmanager", "BatchGetSecretValue", {"a", "b"}}}));
  EXPECT_EQ(cloud.call_count("a"), 1U);
  EXPECT_EQ(cloud.call_count("b"), 2U);
  EXPECT_EQ(cloud.call_count("b", "ssm"), 0U);
}

TEST_F(fake_cloud_test, a_source_fails) {
  fake_cloud cloud;
  cloud.put_parameter("/app/early", "x");
  cloud.put_parameter("/app/other", "y");
  const handle other = ssm::parameter("/app/other");
  EXPECT_EQ(text(early), "x");
  cloud.fail("/app/early", "ThrottlingException");
  cloud.move(60s);
  EXPECT_EQ(text(early), "x") << "a stale value serves while the failure is a passing one";
  EXPECT_GT(client::shared().stats().stale, 0U);
  EXPECT_EQ(text(other), "y");
  cloud.move(300s);
  const error_info why = failure_of(early);
  EXPECT_EQ(why.kind, error_kind::throttled);
  EXPECT_EQ(why.code, "ThrottlingException");
  EXPECT_EQ(why.service, "ssm");
  EXPECT_EQ(why.operation, "GetParameter");
  cloud.recover("/app/early");
  cloud.move(30s);
  EXPECT_EQ(text(early), "x");
}

TEST_F(fake_cloud_test, each_reason) {
  fake_cloud cloud;
  const handle forced = ssm::parameter("/app/var", {.max_age = 0s});
  const handle secret = secrets_manager::secret("db", {.max_age = 0s});
  cloud.put_parameter("/app/var", "x");
  cloud.put_secret("db", "x");
  for (const auto kind :
       {error_kind::not_found, error_kind::access_denied, error_kind::decryption,
        error_kind::rejected, error_kind::credentials, error_kind::throttled, error_kind::timeout,
        error_kind::connection, error_kind::tls, error_kind::protocol, error_kind::service}) {
    cloud.fail("", kind, {.times = 2});
    EXPECT_EQ(failure_of(forced).kind, kind) << to_string(kind);
    EXPECT_EQ(failure_of(secret).kind, kind) << to_string(kind);
    EXPECT_EQ(text(forced), "x") << "twice, no more";
  }
  cloud.fail("", error_kind::timeout, {.service = "secretsmanager"});
  EXPECT_EQ(text(forced), "x");
  EXPECT_EQ(failure_of(secret).name, "db");
}

TEST_F(fake_cloud_test, a_read_that_hangs) {
  fake_cloud cloud;
  cloud.put_parameter("/app/early", "old");
  cloud.hang("/app/early");
  std::thread reader([] { EXPECT_EQ(text(early), "new"); });
  EXPECT_TRUE(cloud.wait_for_calls(1, "/app/early"));
  const handle hasty = ssm::parameter("/app/early", {.timeout = 1ms});
  EXPECT_EQ(failure_of(hasty).kind, error_kind::timeout);
  cloud.put_parameter("/app/early", "new");
  cloud.release("/app/early");
  reader.join();
  EXPECT_EQ(text(early), "new");
  EXPECT_EQ(cloud.call_count(), 1U);
}

TEST_F(fake_cloud_test, a_read_that_hangs_as_the_cloud_stops) {
  fake_cloud cloud;
  cloud.hang();
  std::thread reader([] { EXPECT_EQ(failure_of(early).kind, error_kind::cancelled); });
  EXPECT_TRUE(cloud.wait_for_calls(1));
  cloud.stop();
  reader.join();
}

TEST_F(fake_cloud_test, nothing_leaks_in_or_out) {
  {
    fake_cloud cloud;
    cloud.put_parameter("/app/early", "first");
    EXPECT_EQ(text(early), "first");
    {
      fake_cloud inner;
      EXPECT_EQ(failure_of(early).kind, error_kind::not_found);
      inner.put_parameter("/app/early", "inner");
      inner.move(5s);
      EXPECT_EQ(text(early), "inner");
    }
    EXPECT_EQ(text(early), "first");
    EXPECT_EQ(cloud.call_count(), 2U);
  }
  EXPECT_EQ(early.peek(), nullptr);
  EXPECT_EQ(failure_of(early).kind, error_kind::invalid_argument) << "no region out here";
}

TEST_F(fake_cloud_test, clients_of_their_own) {
  const client own;
  const handle var = ssm::parameter("/app/var", {}, own);
  fake_cloud cloud(testing::deferred);
  cloud.put_parameter("/app/var", "x");
  EXPECT_FALSE(cloud.is_started());
  cloud.start();
  EXPECT_EQ(failure_of(var).kind, error_kind::invalid_argument) << "not served yet";
  cloud.serve(own);
  EXPECT_EQ(text(var), "x");
  EXPECT_EQ(own.stats().loads, 1U);
  EXPECT_EQ(client::shared().stats().calls, 1U) << "counted by the cloud";
  cloud.stop();
  EXPECT_EQ(failure_of(var).kind, error_kind::invalid_argument);
  cloud.start();
  cloud.serve(own);
  EXPECT_EQ(text(var), "x") << "values stay";
}

TEST_F(fake_cloud_test, many_threads_are_one_call) {
  fake_cloud cloud;
  cloud.put_parameter("/app/early", "x");
  cloud.hang();
  std::vector<std::thread> readers;
  const auto waiting = [] { return client::shared().stats(); };
  const statistics before = waiting();
  for (int i = 0; i < 16; ++i)
    readers.emplace_back([] { EXPECT_EQ(text(early), "x"); });
  while (waiting().misses + waiting().joins < before.misses + before.joins + 16)
    std::this_thread::yield();
  cloud.release();
  for (std::thread& reader : readers)
    reader.join();
  EXPECT_EQ(cloud.call_count(), 1U);
}

TEST_F(fake_cloud_test, a_child_has_the_cloud_too) {
  const client own;
  fake_cloud cloud;
  cloud.serve(own);
  cloud.put_parameter("/app/early", "x");
  cloud.hang();
  std::thread reader([] { EXPECT_EQ(text(early), "x"); });
  EXPECT_TRUE(cloud.wait_for_calls(1));
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    bool right = false;
    try {
      cloud.release();
      cloud.put_parameter("/app/early", "of the child");
      right = text(early) == "of the child" && cloud.call_count() == 2;
    } catch (...) {
    }
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  cloud.release();
  reader.join();
}

TEST_F(fake_cloud_test, what_cannot_be_is_refused) {
  fake_cloud cloud;
  const auto says = [](const error_info& why, std::string_view words) {
    EXPECT_NE(why.message.find(words), std::string::npos) << why.message;
  };
  says(refusal_of([&] { cloud.put_parameter("/app/var:3", "x"); }), "/app/var:3");
  says(refusal_of([&] { cloud.put_parameter("", "x"); }), "empty");
  says(refusal_of([&] { cloud.put_parameter("/a", "x", {.type = "Sting"}); }), "SecureString");
  says(refusal_of([&] { cloud.put_parameter("/a", "x", {.labels = {"3"}}); }), "label");
  says(refusal_of([&] { cloud.label_parameter("/a", "x"); }), "no version");
  says(refusal_of([&] { cloud.put_secret("a b", "x"); }), "space");
  says(refusal_of([&] { cloud.put_secret("a", "x", {.version_id = "1"}); }), "version_id");
  const std::string id = cloud.put_secret("a", "x");
  says(refusal_of([&] { cloud.put_secret("a", "y", {.version_id = id}); }), "already");
  says(refusal_of([&] { cloud.move(-1s); }), "back");
  says(refusal_of([&] { cloud.move(std::chrono::nanoseconds::max()); }), "hundred years");
  says(refusal_of([&] { cloud.fail("/a", error_kind::transform); }), "transform");
  says(refusal_of([&] { cloud.fail("/a", error_kind::timeout, {.times = 0}); }), "times");
  says(refusal_of([&] { cloud.fail("/a", ""); }), "ThrottlingException");
  says(refusal_of([&] { cloud.hang("/a", "sqs"); }), "sqs");
  cloud.stop();
  says(refusal_of([&] { cloud.move(1s); }), "Start");
  says(refusal_of([&] { cloud.serve(client()); }), "Start");
}

TEST(fake_names, what_a_name_means) {
  using sources::means;
  const std::string arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/app/var";
  EXPECT_TRUE(means("ssm", "/app/var", "/app/var"));
  EXPECT_TRUE(means("ssm", "/app/var", "/app/var:3"));
  EXPECT_TRUE(means("ssm", "/app/var", arn + ":live"));
  EXPECT_TRUE(means("ssm", arn, "/app/var"));
  EXPECT_FALSE(means("ssm", "/app/var:3", "/app/var"));
  EXPECT_FALSE(means("ssm", "/app/var:3", "/app/var:4"));
  EXPECT_FALSE(means("ssm", "/app/var", "/app/variable"));
  EXPECT_TRUE(means("ssm", "/app", "/app/")) << "a path is the same with a slash";
  EXPECT_TRUE(means("ssm", "/app/", "/app"));
  EXPECT_FALSE(means("ssm", "/app/", "/app/var"));
  EXPECT_FALSE(means("ssm", "/", "/app/"));
  EXPECT_TRUE(means("s3", "s3://bucket/a", "s3://bucket/a?versionId=1"));
  const std::string secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db";
  EXPECT_TRUE(means("secretsmanager", "db", "db#version_stage=AWSPENDING"));
  EXPECT_TRUE(means("secretsmanager", "db", secret));
  EXPECT_TRUE(means("secretsmanager", "db", secret + "-A1b2C3"));
  EXPECT_TRUE(means("secretsmanager", secret + "-A1b2C3", "db"));
  EXPECT_FALSE(means("secretsmanager", "db", "db-A1b2C3"));
  EXPECT_FALSE(means("secretsmanager", "db", "dc"));
}

}  // namespace
}  // namespace lambda_cache::test
