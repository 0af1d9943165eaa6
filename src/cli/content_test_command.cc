// warder content test
#include <ostream>

#include "cli/commands.h"
#include "cli/signature_samples.h"
#include "engines/ips/case_run.h"
#include "engines/loginspection/rule_packs.h"

namespace warder::cli {
namespace {

constexpr std::string_view kInstalled = "/usr/share/warder";
constexpr Column kPacketColumns[] = {
    {"PACKS", "/packs"}, {"RULES", "/rules"}, {"CASES", "/cases"}, {"RUNS", "/runs"}, {"PROBLEMS", "/problem_count"}};
constexpr Column kSignatureColumns[] = {
    {"FOLDERS", "/folders"}, {"SIGNATURES", "/signatures"}, {"SAMPLES", "/samples"}, {"PROBLEMS", "/problem_count"}};
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

// Packs of intrusion prevention: one, a folder of them, or the folder of all content.
Result<std::vector<ips::RulePack>> read_packet_packs(const std::filesystem::path& folder) {
  std::vector<ips::RulePack> packs;
  std::error_code ignored;
  if (std::filesystem::exists(folder / "pack.json", ignored)) {
    packs.push_back(WD_TRY(ips::read_rule_pack(folder)));
  } else if (std::filesystem::is_directory(folder / "ips", ignored)) {
    packs = WD_TRY(ips::read_rule_packs(folder / "ips"));
  } else {
    packs = WD_TRY(ips::read_rule_packs(folder));
  }
  std::erase_if(packs, [](const ips::RulePack& pack) { return pack.rules.empty(); });
  return packs;
}

Result<ExitCode> test_packets(Session& session, std::span<const ips::RulePack> packs) {
  const auto report = WD_TRY(ips::test_cases(packs));
  json::array problems;
  for (const std::string& problem : report.problems) {
    problems.emplace_back(problem);
    if (!session.is_json()) session.environment().out << problem << "\n";
  }
  const json::object object{{"packs", packs.size()},
                            {"rules", report.rules},
                            {"cases", report.cases},
                            {"runs", report.runs},
                            {"problem_count", problems.size()},
                            {"problems", std::move(problems)}};
  print_object(session, object, kPacketColumns);
  return report.problems.empty() ? ExitCode::Ok : ExitCode::Failed;
}

Result<ExitCode> test_logs(Session& session, const std::vector<loginspection::RulePack>& packs) {
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

Result<ExitCode> test_signatures(Session& session, const std::filesystem::path& folder) {
  const auto report = WD_TRY(test_signature_samples(folder));
  json::array problems;
  for (const std::string& problem : report.problems) {
    problems.emplace_back(problem);
    if (!session.is_json()) session.environment().out << problem << "\n";
  }
  const json::object object{{"folders", report.folders},
                            {"signatures", report.signatures},
                            {"samples", report.samples},
                            {"problem_count", problems.size()},
                            {"problems", std::move(problems)}};
  print_object(session, object, kSignatureColumns);
  return report.problems.empty() ? ExitCode::Ok : ExitCode::Failed;
}

// Where samples of signatures are: the folder's own, or its antimalware/.
std::filesystem::path signature_folder(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::is_directory(folder / "antimalware", ignored)) return folder / "antimalware";
  if (std::filesystem::exists(folder / "samples.txt", ignored) &&
      !std::filesystem::exists(folder / "pack.json", ignored))
    return folder;
  for (const auto& each : std::filesystem::directory_iterator(folder, ignored)) {
    std::error_code unused;
    const bool is_log_pack = std::filesystem::exists(each.path() / "pack.json", unused);
    if (!is_log_pack && std::filesystem::exists(each.path() / "samples.txt", unused)) return folder;
  }
  return {};
}

Result<ExitCode> test(Session& session, const std::shared_ptr<Arguments>& arguments) {
  const std::filesystem::path folder = arguments->folder;
  auto code = ExitCode::Ok;
  const auto signatures = signature_folder(folder);
  if (!signatures.empty()) code = WD_TRY(test_signatures(session, signatures));
  if (signatures == folder) return code;
  const auto packets = WD_TRY(read_packet_packs(folder));
  const bool has_more = std::filesystem::is_directory(folder / "loginspection");
  if (!packets.empty()) {
    const auto packet_code = WD_TRY(test_packets(session, packets));
    if (code == ExitCode::Ok) code = packet_code;
  }
  if (!packets.empty() && !has_more) return code;
  const auto logs = WD_TRY(test_logs(session, WD_TRY(read_packs(folder))));
  return code == ExitCode::Ok ? logs : code;
}

}  // namespace

void add_content_testing(Tree& tree, CLI::App& group) {
  const auto arguments = std::make_shared<Arguments>();
  add(tree, group, "test", "Run the cases of content (packets, log lines, files) through the engines", arguments, test)
      .add_option("folder", arguments->folder, "The packs")
      ->capture_default_str();
}

}  // namespace warder::cli
