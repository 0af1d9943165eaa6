// Rules for logs tried on sample lines by the engine that agents run. Nothing of it is kept.
#include "manager/api/routes_logs.h"

#include <atomic>

#include "base/json.h"
#include "engines/loginspection/engine.h"
#include "engines/loginspection/finding_json.h"
#include "engines/loginspection/rule_packs.h"
#include "manager/api/fleet_json.h"
#include "manager/api/turn.h"

namespace warder::manager {
namespace {

namespace li = loginspection;

constexpr std::chrono::seconds kMaxTime(5);
constexpr int kMaxAtOnce = 2;
constexpr std::size_t kMaxTraceSteps = 500;

std::string_view text_at(const json::object& body, std::string_view key) {
  const json::value* const value = find(body, key);
  return value == nullptr ? std::string_view() : std::string_view(value->as_string());
}

bool flag_at(const json::object& body, std::string_view key, bool otherwise) {
  const json::value* const value = find(body, key);
  return value == nullptr ? otherwise : value->as_bool();
}

/// The author's texts behind those of the packs, as an agent would load them.
Result<li::Definition> read_definition(const json::object& body, const std::filesystem::path& folder) {
  const auto dialect = text_at(body, "dialect") == "ossec" ? li::Dialect::Ossec : li::Dialect::Wazuh;
  li::Definition made;
  made.dialect = dialect;
  if (flag_at(body, "with_packs", true)) {
    const auto packs = WD_TRY(li::read_rule_packs(folder));
    made = li::define(WD_TRY(li::choose_packs(packs, {})), dialect);
  }
  const auto add = [&](std::vector<li::SourceText>& texts, std::string_view key) {
    if (const std::string_view text = text_at(body, key); !text.empty()) {
      texts.push_back({std::string(key), std::string(text)});
    }
  };
  add(made.decoders, "decoders");
  add(made.rules, "rules");
  add(made.sigma, "sigma");
  if (const json::value* const lists = find(body, "lists")) {
    for (const auto& [name, text] : lists->as_object()) {
      made.lists.push_back({"etc/lists/" + std::string(name), std::string(text.as_string())});
    }
  }
  return made;
}

class RuleTests {
 public:
  RuleTests(const host::Clock& clock, std::filesystem::path packs) : clock_(clock), packs_(std::move(packs)) {}

  Result<ApiResponse> run(const ApiRequest& request) {
    const Turn turn(running_, kMaxAtOnce);
    if (!turn.is_mine()) return fail(ErrorCode::TooMany, "other tests of rules are running; try again");
    const json::object& body = request.body.as_object();
    const Timestamp deadline = clock_.now() + kMaxTime;
    const li::Checked checked = li::check(WD_TRY(read_definition(body, packs_)));
    json::array problems;
    for (const li::Problem& problem : checked.problems) problems.emplace_back(li::to_json(problem));
    json::object answer{{"problems", std::move(problems)},
                        {"rules", checked.compiled ? li::rule_count(*checked.compiled) : 0},
                        {"results", json::array()},
                        {"complete", false}};
    if (checked.compiled) inspect(checked.compiled, body, deadline, answer);
    return object_response(200, std::move(answer));
  }

 private:
  void inspect(const std::shared_ptr<const li::Compiled>& compiled, const json::object& body, Timestamp deadline,
               json::object& answer) const {
    li::Engine engine(compiled);
    json::array trace;
    const bool explains = flag_at(body, "explain", false);
    if (explains) {
      engine.set_tracer([&](std::string_view step) {
        if (trace.size() < kMaxTraceSteps) trace.emplace_back(step);
      });
    }
    json::array& results = answer["results"].as_array();
    for (const json::value& line : body.at("lines").as_array()) {
      const Timestamp now = clock_.now();
      if (now > deadline) return;
      const std::string_view text = line.as_string();
      json::object found = li::to_json(engine.inspect({text, "test", "localhost", now, 0}), text);
      if (explains) found["trace"] = std::exchange(trace, {});
      results.emplace_back(std::move(found));
    }
    answer["complete"] = true;
  }

  const host::Clock& clock_;
  std::filesystem::path packs_;
  std::atomic<int> running_ = 0;
};

}  // namespace

void add_log_routes(Routes& routes, const host::Clock& clock, std::filesystem::path packs) {
  const auto tests = std::make_shared<RuleTests>(clock, std::move(packs));
  routes.add("testLogRules", [tests](const ApiRequest& request) { return tests->run(request); });
}

}  // namespace warder::manager
