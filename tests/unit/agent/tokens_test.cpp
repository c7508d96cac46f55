#include "agent/tokens.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sys/stat.h>

namespace lambda_cache::agent {
namespace {

aws::environment made_of(std::map<std::string, std::string, std::less<>> variables) {
  return [all = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto at = all.find(name);
    return at == all.end() ? std::nullopt : std::optional(at->second);
  };
}

class tokens_test : public testing::Test {
 protected:
  tokens_test() {
    std::string name = testing::TempDir() + "tokens_test_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~tokens_test() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& text, mode_t mode = 0600) {
    const std::string path = folder_ + "/token";
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::string refusal(const aws::environment& env) {
    const auto found = find_token(how_, env);
    EXPECT_FALSE(found);
    EXPECT_TRUE(how_.agent.tokens.empty());
    return found ? "" : found.error().message;
  }

  serve_settings how_;
  std::string folder_;
};

TEST_F(tokens_test, the_first_variable_that_is_set) {
  const auto found =
      find_token(how_, made_of({{"AWS_TOKEN", ""},
                                {"AWS_SESSION_TOKEN", "session"},
                                {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "container"}}));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, std::nullopt);
  EXPECT_EQ(how_.agent.tokens, std::vector<std::string>{"session"});
}

TEST_F(tokens_test, variables_by_their_settings) {
  how_.token_variables = {"MINE"};
  ASSERT_TRUE(find_token(how_, made_of({{"AWS_TOKEN", "a"}, {"MINE", "b"}})));
  EXPECT_EQ(how_.agent.tokens, std::vector<std::string>{"b"});
}

TEST_F(tokens_test, the_file_before_the_variables) {
  how_.token_file = file("text\n");
  ASSERT_TRUE(find_token(how_, made_of({{"AWS_TOKEN", "a"}})));
  EXPECT_EQ(how_.agent.tokens, std::vector<std::string>{"file://" + how_.token_file});
}

TEST_F(tokens_test, a_file_by_a_variable) {
  const std::string url = "file://" + file("text");
  ASSERT_TRUE(find_token(how_, made_of({{"AWS_TOKEN", url}})));
  EXPECT_EQ(how_.agent.tokens, std::vector<std::string>{url});
}

TEST_F(tokens_test, a_file_for_everybody_is_warned_of) {
  how_.token_file = file("text", 0644);
  const auto found = find_token(how_, made_of({}));
  ASSERT_TRUE(found && *found);
  EXPECT_TRUE((*found)->contains("chmod o-r")) << **found;
  EXPECT_FALSE((*found)->contains("text"));
  EXPECT_EQ(how_.agent.tokens.size(), 1U);
}

TEST_F(tokens_test, none) {
  const std::string message = refusal(made_of({}));
  EXPECT_TRUE(message.contains("AWS_TOKEN, AWS_SESSION_TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN"));
  EXPECT_TRUE(message.contains("/var/run/awssmatoken"));
  EXPECT_TRUE(message.contains("--no-tcp"));
}

TEST_F(tokens_test, files_without_one) {
  how_.token_file = file(" \n");
  EXPECT_TRUE(refusal(made_of({})).starts_with("There is no token in the token file "));
  how_.token_file = folder_;
  EXPECT_TRUE(refusal(made_of({})).starts_with("It is no file: "));
  how_.token_file = folder_ + "/none";
  const std::string message = refusal(made_of({}));
  EXPECT_TRUE(message.contains("No such file or directory")) << message;
  how_.token_file.clear();
  EXPECT_TRUE(refusal(made_of({{"AWS_TOKEN", "file:///none"}})).contains("(AWS_TOKEN)"));
}

TEST_F(tokens_test, a_socket_alone_needs_none) {
  how_.agent.tcp = false;
  how_.agent.socket_path = "/run/x";
  EXPECT_TRUE(find_token(how_, made_of({})));
  EXPECT_TRUE(how_.agent.tokens.empty());
}

TEST_F(tokens_test, nothing_to_serve_on) {
  how_.agent.tcp = false;
  EXPECT_TRUE(refusal(made_of({{"AWS_TOKEN", "a"}})).contains("neither a port nor a socket"));
}

}  // namespace
}  // namespace lambda_cache::agent
