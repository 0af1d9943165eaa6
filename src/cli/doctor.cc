// warder doctor: what is wrong between here, the manager and the fleet.
#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>

#include "base/time.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

/// The results so far, in the order of the checks.
class Report {
 public:
  void ok(std::string_view check, std::string_view detail) { add(check, "ok", detail); }
  void problem(std::string_view check, std::string_view detail) {
    add(check, "problem", detail);
    has_problem_ = true;
  }
  [[nodiscard]] const json::array& rows() const noexcept { return rows_; }
  [[nodiscard]] bool has_problem() const noexcept { return has_problem_; }

 private:
  void add(std::string_view check, std::string_view result, std::string_view detail) {
    rows_.push_back(json::object{
        {"check", json::string(check)}, {"result", json::string(result)}, {"detail", json::string(detail)}});
  }

  json::array rows_;
  bool has_problem_ = false;
};

void check_credentials(Session& session, Report& report) {
  struct stat status {};
  const std::string path = session.credentials_path().string();
  if (::stat(path.c_str(), &status) != 0) {
    report.ok("credentials file", path + " does not exist");
  } else if ((status.st_mode & 077) != 0) {
    report.problem("credentials file", path + " can be read by others: chmod 600 it");
  } else {
    report.ok("credentials file", path);
  }
}

void check_clock(Session& session, const json::object& system, Report& report) {
  using std::chrono::seconds;
  constexpr seconds kTolerated{30};
  const auto time = parse_rfc3339(get_string(system, "time").value_or(""));
  if (!time) {
    report.problem("clock", "the manager does not tell its time");
    return;
  }
  const auto offset = std::chrono::duration_cast<seconds>(*time - session.environment().now());
  const std::string text = fmt::format("the manager's clock is {} s from ours", offset.count());
  if (std::chrono::abs(offset) > kTolerated) {
    report.problem("clock", text);
  } else {
    report.ok("clock", text);
  }
}

void check_version(const json::object& system, Report& report) {
  const std::string theirs(get_string(system, "version").value_or("unknown"));
  const std::string text = "manager " + theirs + ", this program " WARDER_VERSION;
  if (theirs == WARDER_VERSION) {
    report.ok("version", text);
  } else {
    report.problem("version", text);
  }
}

void check_fleet(const json::object& summary, Report& report) {
  const auto count = [&](std::string_view key) { return get_int(summary, key).value_or(0); };
  const std::string agents = fmt::format("{} agents, {} online", count("agents"), count("online"));
  if (count("offline") > 0) {
    report.problem("agents", fmt::format("{}, {} offline", agents, count("offline")));
  } else {
    report.ok("agents", agents);
  }
  for (const auto& [key, what] :
       {std::pair{"degraded_modules", "degraded modules"}, {"pending_policies", "policies not yet applied"}}) {
    const std::string text = fmt::format("{} {}", count(key), what);
    if (count(key) > 0) {
      report.problem(what, text);
    } else {
      report.ok(what, text);
    }
  }
}

/// The checks that need the manager; stops at the first thing that makes the rest meaningless.
void check_manager(Session& session, Report& report) {
  const auto client = session.client();
  if (!client) {
    report.problem("login", client.error().message);
    return;
  }
  const auto system = (*client)->get("/system");
  if (!system || !system->is_object()) {
    report.problem("manager", system ? "its answer makes no sense" : system.error().message);
    return;
  }
  report.ok("manager", session.credentials().value_or(Credentials{}).url);
  check_version(system->get_object(), report);
  check_clock(session, system->get_object(), report);
  const auto summary = (*client)->get("/agents/summary");
  if (summary && summary->is_object()) {
    check_fleet(summary->get_object(), report);
  } else {
    report.problem("agents", summary ? "the answer makes no sense" : summary.error().message);
  }
}

}  // namespace

void add_doctor(Tree& tree) {
  add_command(tree, tree.root, "doctor",
              "Check login, connection, clock and fleet; exit code 3 when something is wrong",
              [](Session& session) -> Result<ExitCode> {
                Report report;
                check_credentials(session, report);
                check_manager(session, report);
                constexpr Column kColumns[] = {{"CHECK", "/check"}, {"RESULT", "/result"}, {"DETAIL", "/detail"}};
                print_list(session, report.rows(), kColumns);
                return report.has_problem() ? ExitCode::Findings : ExitCode::Ok;
              });
}

}  // namespace warder::cli
