#include "cli/run.hpp"

#include "cli/command_line.hpp"
#include "cli/doctor.hpp"
#include "cli/get.hpp"

#include <variant>

namespace lambda_cache::cli {
namespace {

struct runner {
  int operator()(int status) const { return status; }
  int operator()(const get_request& request) const { return run_get(request); }
  int operator()(const doctor_request& request) const { return run_doctor(request); }
  int operator()(const policy_request& request) const { return run_policy(request); }
};

}  // namespace

int run(int argc, const char* const* argv) {
  return std::visit(runner{}, parse_command_line(argc, argv));
}

}  // namespace lambda_cache::cli
