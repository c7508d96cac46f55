// An agent over a cloud of its own, for tests of what it shows, at the port of its argument. Says
// "port N", then does what the lines say, words with tabs between, and says "done" to each:
//   parameter NAME VALUE     there is one; secret, object: likewise
//   fail NAME KIND           fetches of it fail ("timeout", "connection"); recover: no more
//   hang NAME                fetches of it get no answer; release: they do
//   wait NAME                until a fetch of it came
//   move SECONDS             time passes
//   clear, reset             of the cache
// With AGENT_PROBE_ASKS_AWS in the environment there is no such cloud: what that names is asked.
#include <lambda_cache/testing.hpp>

#include "agent/server.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

namespace lc = lambda_cache;

namespace {

void fail(lc::testing::fake_cloud& cloud, const std::string& name, const std::string& kind) {
  for (const lc::error_kind why :
       {lc::error_kind::timeout, lc::error_kind::connection, lc::error_kind::access_denied,
        lc::error_kind::throttled, lc::error_kind::service})
    if (kind == lc::to_string(why)) cloud.fail(name, why);
}

void obey(lc::testing::fake_cloud& cloud, lc::client& cache, const std::string& line) {
  std::array<std::string, 3> words;
  std::size_t from = 0;
  for (std::string& word : words) {
    if (from > line.size()) break;
    const std::size_t end = std::min(line.find('\t', from), line.size());
    word = line.substr(from, end - from);
    from = end + 1;
  }
  const auto& [command, name, value] = words;
  if (command == "parameter") cloud.put_parameter(name, value, {.type = "SecureString"});
  if (command == "secret") cloud.put_secret(name, value);
  if (command == "object") cloud.put_object(name, value);
  if (command == "fail") fail(cloud, name, value);
  if (command == "recover") cloud.recover();
  if (command == "hang") cloud.hang(name);
  if (command == "release") cloud.release();
  if (command == "wait") (void)cloud.wait_for_calls(1, name);
  if (command == "clear") cache.clear();
  if (command == "reset") cache.reset();
  if (command == "move") cloud.move(std::chrono::seconds(std::stoll(name)));
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::stoul(argv[1]) : 0);
  lc::client cache;
  lc::testing::fake_cloud cloud(lc::testing::deferred);
  if (std::getenv("AGENT_PROBE_ASKS_AWS") == nullptr) {
    cloud.start();
    cloud.serve(cache);
  }
  lc::agent::server served({.port = port, .tokens = {"t0ken"}}, cache.internals());
  if (const auto started = served.start(); !started) {
    std::cerr << started.error().message << '\n';
    return 1;
  }
  std::cout << "port " << served.port() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    obey(cloud, cache, line);
    std::cout << "done" << std::endl;
  }
}
