// warder content test
#include <ostream>

#include "cli/commands.h"
#include "engines/loginspection/rule_packs.h"

namespace warder::cli {
namespace {

constexpr std::string_view kInstalled = "/usr/share/warder/loginspection";
constexpr Column kColumns[] = {
    {"PACKS", "/packs"}, {"RULES", "/rules"}, {"SAMPLES", "/samples"}, {"PROBLEMS", "/problem_count"}};

struct Arguments {
  std::string folder = std::string(kInstalled);
};

// The folder itself may be the packs', one pack, or hold them as loginspection/.
Result<std::vector<loginspection::RulePack>> read_packs(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::exists(folder / "pack.json", ignored)) {
    std::vector<loginspection::RulePack> one;
    one.push_back(WD_TRY(loginspection::read_rule_pack(folder)));
    return one;
  }
  auto packs = WD_TRY(loginspection::read_rule_packs(folder));
  if (packs.empty()) packs = WD_TRY(loginspection::read_rule_packs(folder / "loginspection"));
  if (packs.empty()) return fail(ErrorCode::NotFound, folder.string() + ": no folder with a pack.json there");
  return packs;
}

Result<ExitCode> test(Session& session, const std::shared_ptr<Arguments>& arguments) {
  const auto packs = WD_TRY(read_packs(arguments->folder));
  const auto report = WD_TRY(loginspection::test_samples(packs));
  json::array problems;
  bool has_errors = false;
  for (const auto& problem : report.problems) {
    has_errors = has_errors || problem.is_error;
    problems.emplace_back(loginspection::to_string(problem));
    if (!session.is_json()) session.environment().out << loginspection::to_string(problem) << "\n";
  }
  const json::object object{{"packs", packs.size()},
                            {"rules", report.rules},
                            {"samples", report.samples},
                            {"problem_count", problems.size()},
                            {"problems", std::move(problems)}};
  print_object(session, object, kColumns);
  return has_errors ? ExitCode::Failed : ExitCode::Ok;
}

}  // namespace

void add_content_testing(Tree& tree, CLI::App& group) {
  const auto arguments = std::make_shared<Arguments>();
  add(tree, group, "test", "Run the sample lines of log inspection packs through the engine", arguments, test)
      .add_option("folder", arguments->folder, "The packs")
      ->capture_default_str();
}

}  // namespace warder::cli
