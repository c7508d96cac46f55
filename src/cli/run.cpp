#include "cli/run.hpp"

#include "cli/doctor.hpp"
#include "cli/get.hpp"

#include <variant>

namespace lambda_cache::cli {
namespace {

struct runner {
  const other_commands& others;

  int operator()(int status) const { return status; }
  int operator()(const get_request& request) const { return run_get(request); }
  int operator()(const doctor_request& request) const { return run_doctor(request); }
  int operator()(const policy_request& request) const { return run_policy(request); }
  int operator()(const serve_request& request) const { return others.serve(request); }
  int operator()(const extension_request&) const { return others.extension(); }
};

}  // namespace

int run(int argc, const char* const* argv, const other_commands& others) {
  return std::visit(runner{others}, parse_command_line(argc, argv));
}

}  // namespace lambda_cache::cli
