// Runs the examples of the guides against services that have what they ask for.
#include <lambda_cache/client.hpp>

#include "docs/examples.hpp"
#include "support/fake_secrets.hpp"
#include "support/fake_ssm.hpp"

#include <gtest/gtest.h>

#include <stdlib.h>
#include <string>
#include <utility>

namespace lambda_cache::test {
namespace {

TEST(docs_test, every_example_runs) {
  fake_ssm parameters;
  parameters.put("/production/app/var", "value");
  parameters.put("/app/var1", "one");
  parameters.put("/app/var2", "two");
  parameters.put("/app/list", "a,b", "StringList");
  parameters.put("/app/paths", "a/b");
  parameters.put("/app/key", "YWJj");
  parameters.put("/app/config", R"({"log":{"level":"info"}})");
  fake_secrets secrets;
  secrets.put("/prod/db", R"({"username":"admin","password":"hunter2","port":5432})");
  secrets.put("/prod/db/conn_string", "postgres://");
  secrets.put_binary("/prod/key", "AAE=");
  for (const auto& [name, value] : {std::pair{"AWS_REGION", std::string("eu-west-1")},
                                    {"AWS_ACCESS_KEY_ID", std::string("AKID")},
                                    {"AWS_SECRET_ACCESS_KEY", std::string("not a real one")},
                                    {"AWS_ENDPOINT_URL_SSM", parameters.url()},
                                    {"AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url()}})
    ::setenv(name, value.c_str(), 1);
  client::shared().reset();
  ASSERT_GE(examples.size(), 7U);
  for (const example& each : examples)
    EXPECT_NO_THROW(each.run()) << each.name;
  client::shared().clear();
}

}  // namespace
}  // namespace lambda_cache::test
