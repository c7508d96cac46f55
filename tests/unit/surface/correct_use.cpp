// Everything that the public headers offer, used as a program would. Compiled, not run.
#include <lambda_cache/lambda_cache.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lc = lambda_cache;
using namespace std::chrono_literals;

struct my_request {
  std::string body;
};
struct my_response {
  std::string body;
};

std::string read_handles() {
  const lc::client client({.region = "eu-west-1", .endpoint_url = "http://127.0.0.1:5000"});
  const auto var = lc::ssm::parameter("/production/app/var", {.max_age = 60s}, client);
  const lc::Value& value = var.get();
  std::string all(value.text());

  const lc::Value copy = var.copy();
  all += copy.text();
  for (const std::string_view item : copy.list())
    all += item;
  if (const lc::Value* present = var.peek()) all += present->type();

  const lc::result<lc::Value> maybe = var.try_get();
  all += maybe ? std::string(maybe->text()) : maybe.error().info().message;

  const lc::Value fresh = var.refresh();
  var.invalidate();
  const std::vector<lc::handle> handles{var, lc::ssm::parameter("/b", {.max_age = lc::forever})};
  for (const auto& each : lc::get_all(handles)) {
    if (each.has_value()) all += each->text();
  }
  return all + std::string(fresh.text()) + std::to_string(client.stats().hits);
}

std::string read_secrets() {
  const auto db = lc::secrets_manager::secret(
      "/prod/db", {.max_age = 60s, .field = "password", .default_value = "none"});
  const lc::Value previous =
      lc::secrets_manager::secret("/prod/db", {.version_stage = "AWSPREVIOUS"}).copy();
  const lc::Value key =
      lc::ssm::parameter("/app/key", {.label = "live", .transform = lc::transform::binary}).copy();
  std::string all(db.get().text());
  all += lc::secrets_manager::get("/prod/other").text();
  all += lc::s3::get("s3://bucket/key").text();
  all += previous.version_id();
  for (const std::string_view item : previous.list('/'))
    all += item;
  return key.is_binary() ? all + std::string(key.text()) : all;
}

std::function<my_response(const my_request&)> wrap_handlers() {
  const auto declared = lc::with(
      lc::ssm::cache({.parameter = "/production/app/var", .max_age = 60s}),
      lc::ssm::cache({.parameters = {"/app/var1", "/app/var2"}, .entry_name = "parameters"}),
      lc::ssm::cache({.mapping = {{"x", "/a/var"}, {"y", "/b/var"}}}),
      lc::secrets_manager::cache({.name = "/prod/db", .entry_name = "db", .field = "password"}),
      lc::secrets_manager::cache({.names = {"/prod/a", "/prod/b"}, .entry_name = "secrets"}));
  auto generic = declared([](const auto& request, lc::Context& context) {
    return my_response{request.body + std::string(context.text("var")) +
                       std::string(context.values("parameters").text("var1")) +
                       std::string(context.text("x"))};
  });
  (void)generic(my_request{"event"});
  return declared([owned = std::make_unique<int>(1)](const my_request& request, lc::Context&) {
    return my_response{request.body + std::to_string(*owned)};
  });
}

double add(double a, double b) noexcept {
  return a + b;
}

double keep_results() {
  const auto sum = lc::memoize(add, {.max_age = 60s, .max_entries = 10});
  const auto text = lc::memoize(
      [](std::string_view name, const std::string& other, int n) {
        return std::string(name) + other + std::to_string(n);
      },
      {.max_age = lc::forever, .stale_if_error = 300s, .retry_on = [](const std::exception& why) {
         return *why.what() == 'p';
       }});
  std::string name = "name";
  const std::shared_ptr<const std::string> kept = text(name, "other", 1);
  text.refresh("name", name, 1);
  text.invalidate("name", "other", 1);
  text.clear();
  const std::function<std::shared_ptr<const double>(double, double)> fits = sum;
  const auto handler =
      lc::with(lc::function::cache([] { return 0.5; }, {.entry_name = "half"}),
               lc::function::cache(lc::memoize([] { return std::string(); }), "text"))(
          [](const my_request&, lc::Context& context) {
            return context.get<double>("half") + static_cast<double>(context.text("text").size());
          });
  return *fits(1, 2) + handler(my_request{}) + static_cast<double>(kept->size() + sum.info().hits);
}

int serve() {
  auto handler = lc::with(lc::ssm::cache({.parameter = "/app/var"}))(
      [](const lc::request& request, lc::Context& context) {
        if (request.payload.empty()) return lc::response::failure("empty event", "my.error");
        return lc::response::success('"' + std::string(context.text("var")) + '"');
      });
  return lc::run(handler);
}

int serve_what_a_function_makes() {
  return lc::run([] {
    return lc::with(lc::ssm::cache({.parameter = "/app/var"}))(
        [](const lc::request&, lc::Context& context) { return std::string(context.text("var")); });
  });
}

void around_a_runtime_of_ones_own(std::chrono::system_clock::time_point deadline) {
  const lc::invocation_scope scope(deadline);
  (void)lc::ssm::parameter("/app/var").get();
}
