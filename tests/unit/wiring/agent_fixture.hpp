// A wired cache that reads through an agent on the loopback: one that tests script.
#pragma once

#include "support/scripted_server.hpp"
#include "wired_fixture.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::test {

/// Speaks the agent's HTTP as far as readers need it.
class fake_agent {
 public:
  struct call {
    std::string target;  // as it came
    std::string head;    // the whole head

    /// The value of a header; "(none)" if it is not there.
    [[nodiscard]] std::string header(const std::string& name) const {
      const std::size_t at = head.find("\r\n" + name + ": ");
      if (at == std::string::npos) return "(none)";
      const std::size_t from = at + name.size() + 4;
      return head.substr(from, head.find("\r\n", from) - from);
    }
  };
  struct reply {
    int status = 200;
    std::string body = {};
    std::string headers = {};
  };
  using script = std::function<reply(const call&)>;

  ~fake_agent() { server_.reset(); }

  /// What is answered from now on. Called without any lock.
  void answer(script with) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(with);
  }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port());
  }
  [[nodiscard]] std::vector<call> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  [[nodiscard]] std::size_t call_count() const { return calls().size(); }
  [[nodiscard]] int connections() const { return server_->connections(); }

 private:
  void serve(peer& client) {
    for (;;) {
      const std::string request = client.read_request();
      call made;
      made.target = request.substr(0, request.find(" HTTP/"));
      made.head = request;
      script with;
      {
        const std::lock_guard lock(mutex_);
        calls_.push_back(made);
        with = script_;
      }
      const reply back = with ? with(made) : reply{.status = 404, .body = "Not found"};
      client.answer(back.status, back.body, back.headers);
    }
  }

  mutable std::mutex mutex_;
  script script_;
  std::vector<call> calls_;
  std::optional<scripted_server> server_{std::in_place, [this](peer& client) { serve(client); }};
};

/// A parameter as the agent writes it.
inline std::string parameter_object(const std::string& name, const std::string& value,
                                    const std::string& selector = "null") {
  return R"({"ARN":"arn:aws:ssm:eu-west-1:123456789012:parameter)" + name +
         R"(","DataType":"text","LastModifiedDate":"2022-11-16T08:22:40.362Z","Name":")" + name +
         R"(","Selector":)" + selector + R"(,"SourceResult":null,"Type":"String","Value":")" +
         value + R"(","Version":3})";
}
inline std::string parameter_body(const std::string& name, const std::string& value,
                                  const std::string& selector = "null") {
  return R"({"Parameter":)" + parameter_object(name, value, selector) + R"(,"ResultMetadata":{}})";
}
/// A secret in the shape of AWS's agent, and in that of its extension.
inline std::string secret_body(const std::string& name, const std::string& value) {
  return R"({"ARN":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:)" + name +
         R"(-AbCdEf","Name":")" + name + R"(","VersionId":"v1","SecretString":")" + value +
         R"(","VersionStages":["AWSCURRENT"],"CreatedDate":"1569534789.046"})";
}
inline std::string extension_secret_body(const std::string& name, const std::string& value) {
  return R"({"ARN":"arn:x","CreatedDate":"2022-11-16T08:22:40Z","Name":")" + name +
         R"(","SecretBinary":null,"SecretString":")" + value +
         R"(","VersionId":"v1","VersionStages":["AWSCURRENT"],"ResultMetadata":{}})";
}
inline std::string age_headers(const std::string& seconds, const std::string& from = "HIT") {
  return "X-Cache: " + from + "\r\nX-Cache-Age: " + seconds + "\r\n";
}

class agent_fixture : public wired_fixture {
 protected:
  agent_fixture() {
    // Neither a region nor credentials.
    for (const char* const gone : {"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})
      env_.erase(gone);
    env_["LAMBDA_CACHE_AGENT"] = agent_.url();
    env_["AWS_SESSION_TOKEN"] = "the token";
  }
  /// What AWS is asked with, for what is read directly.
  void give_credentials() {
    env_["AWS_REGION"] = "eu-west-1";
    env_["AWS_ACCESS_KEY_ID"] = "AKID";
    env_["AWS_SECRET_ACCESS_KEY"] = "not a real one";
  }
  void always(fake_agent::reply back) {
    agent_.answer([back = std::move(back)](const fake_agent::call&) { return back; });
  }
  [[nodiscard]] fake_agent::call last_call() const { return agent_.calls().back(); }

  fake_agent agent_;
};

}  // namespace lambda_cache::test
