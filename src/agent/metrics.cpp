#include "agent/metrics.hpp"

#include "agent/health.hpp"
#include "agent/json_object.hpp"
#include "agent/process_facts.hpp"
#include "agent/request_counts.hpp"
#include "wiring/wired_cache.hpp"

#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace lambda_cache::agent {
namespace {

/// One family of samples after the other. Names, labels and help are ours: nothing is escaped.
class prometheus_text {
 public:
  explicit prometheus_text(core::secret_bytes& out) : out_(out) {}

  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    for (const std::string_view part :
         {std::string_view("# HELP "), name, std::string_view(" "), help,
          std::string_view("\n# TYPE "), name, std::string_view(" "), type, std::string_view("\n")})
      aws::append(out_, part);
  }
  void sample(auto number, std::string_view labels = {}, std::string_view suffix = {}) {
    aws::append(out_, name_);
    aws::append(out_, suffix);
    if (!labels.empty()) {
      out_.push_back('{');
      aws::append(out_, labels);
      out_.push_back('}');
    }
    out_.push_back(' ');
    append_number(out_, number);
    out_.push_back('\n');
  }
  /// A family of one sample.
  void one(std::string_view name, std::string_view type, std::string_view help, auto number) {
    family(name, type, help);
    sample(number);
  }
  template <class T>
  void one(std::string_view name, std::string_view type, std::string_view help,
           const std::optional<T>& number) {
    if (number) one(name, type, help, *number);
  }

 private:
  core::secret_bytes& out_;
  std::string_view name_;
};

constexpr std::string_view counter = "counter";
constexpr std::string_view gauge = "gauge";

void append_requests(prometheus_text& out, const request_counts& seen) {
  out.family("lambda_cache_agent_requests_total", counter,
             "Requests answered, by path and HTTP status.");
  for (std::size_t i = 0; i < request_labels; ++i) {
    const auto label = static_cast<request_label>(i);
    for (const auto& [status, count] : seen.answers(label))
      out.sample(count, "route=\"" + std::string(text_of(label)) + "\",code=\"" +
                            std::to_string(status) + '"');
  }
  out.family("lambda_cache_agent_read_duration_seconds", "histogram",
             "From a read's request to its answer, by where the value came from.");
  constexpr std::pair<value_origin, std::string_view> origins[] = {
      {value_origin::hit, "cache=\"hit\""},
      {value_origin::miss, "cache=\"miss\""},
      {value_origin::stale, "cache=\"stale\""},
      {value_origin::none, "cache=\"none\""}};
  for (const auto& [from, label] : origins) {
    const histogram& times = seen.times(from);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < histogram::ends.size(); ++i) {
      below += times.counts[i];
      core::secret_bytes end;
      append_number(end, in_seconds(histogram::ends[i]));
      out.sample(below, std::string(label) + ",le=\"" + std::string(end.data(), end.size()) + '"',
                 "_bucket");
    }
    out.sample(times.count, std::string(label) + ",le=\"+Inf\"", "_bucket");
    out.sample(in_seconds(times.sum), label, "_sum");
    out.sample(times.count, label, "_count");
  }
}

void append_cache(prometheus_text& out, wiring::wired_cache& cache) {
  const statistics seen = cache.stats();
  const cache::counters engine = cache.engine().count();
  const std::tuple<std::string_view, std::string_view, std::uint64_t> counters[] = {
      {"lambda_cache_agent_hits_total", "Reads answered from the cache.", seen.hits},
      {"lambda_cache_agent_misses_total", "Reads that started a fetch.", seen.misses},
      {"lambda_cache_agent_joins_total", "Reads that waited for a fetch under way.", seen.joins},
      {"lambda_cache_agent_stale_total",
       "Reads answered with an expired value because fetching failed.", seen.stale},
      {"lambda_cache_agent_negative_total",
       "Reads answered with a refusal that was remembered, without a fetch.", seen.negative},
      {"lambda_cache_agent_loads_total", "Fetches that brought a value.", seen.loads},
      {"lambda_cache_agent_revalidations_total",
       "Fetches that found the value to be current still.", seen.revalidated},
      {"lambda_cache_agent_failures_total", "Fetches that failed.", seen.failures},
      {"lambda_cache_agent_evictions_total", "Values dropped to make room for others.",
       seen.evictions},
      {"lambda_cache_agent_oversized_total",
       "Values larger than the whole cache: answered, not kept.", engine.oversized},
      {"lambda_cache_agent_upstream_requests_total", "HTTP requests sent to AWS, retries included.",
       seen.calls},
  };
  for (const auto& [name, help, value] : counters)
    out.one(name, counter, help, value);
  out.one("lambda_cache_agent_entries", gauge, "Values held.", std::uint64_t{seen.entries});
  out.one("lambda_cache_agent_bytes", gauge, "Size of the values held.", std::uint64_t{seen.bytes});
  out.one("lambda_cache_agent_fetches_running", gauge, "Fetches under way.",
          std::uint64_t{engine.flights});
}

void append_process(prometheus_text& out) {
  const process_facts seen = read_process_facts();
  out.one("process_cpu_seconds_total", counter, "CPU time used, user and system.",
          seen.cpu_seconds);
  out.one("process_start_time_seconds", gauge, "When the process started, since the Unix epoch.",
          seen.start_time);
  out.one("process_resident_memory_bytes", gauge, "Memory in RAM.", seen.resident_bytes);
  out.one("process_virtual_memory_bytes", gauge, "Address space.", seen.virtual_bytes);
  out.one("process_open_fds", gauge, "Open file descriptors.", seen.open_files);
  out.one("process_max_fds", gauge, "Most file descriptors that may be open.", seen.max_files);
}

}  // namespace

core::secret_bytes metrics_document(const facts& of) {
  core::secret_bytes text;
  text.reserve(std::size_t{16} * 1024);
  prometheus_text out(text);
  out.family("lambda_cache_agent_build_info", gauge, "Always 1; the labels say what runs.");
  out.sample(std::uint64_t{1}, "version=\"" + std::string(of.version) + "\",mode=\"" +
                                   std::string(text_of(of.how.mode)) + '"');
  out.one("lambda_cache_agent_uptime_seconds", gauge, "Since the server was made.",
          in_seconds(of.uptime));
  const health seen = health_of(of.cache.reports());
  out.one("lambda_cache_agent_degraded", gauge,
          "1 while /healthz says degraded: the way to AWS fails.",
          std::uint64_t{seen.failing == 0 ? 0U : 1U});
  out.one("lambda_cache_agent_failing_entries", gauge,
          "Entries whose last fetch failed within a minute, for no reason of their own.",
          std::uint64_t{seen.failing});
  out.one("lambda_cache_agent_connections", gauge, "Connections of clients, open now.",
          std::uint64_t{of.connections});
  out.one("lambda_cache_agent_max_connections", gauge, "Most connections that are served.",
          std::uint64_t{of.how.max_connections});
  append_requests(out, of.requests);
  append_cache(out, of.cache);
  append_process(out);
  return text;
}

}  // namespace lambda_cache::agent
