// warder ips import, recommend: rule packs of others, and which rules protect a host.
#include <algorithm>
#include <filesystem>
#include <ostream>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "engines/ips/rule_index.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxRuleBytes = 256U << 20;
constexpr std::size_t kLicenceLines = 40;
constexpr Column kRuleColumns[] = {
    {"RULE", "/rule"}, {"REASON", "/reason"}, {"PACK", "/pack"}, {"BLOCKS", "/blocks"}, {"MESSAGE", "/message"}};
constexpr Column kPackColumns[] = {{"NAME", "/name"},       {"VERSION", "/version"}, {"RULES", "/rules"},
                                   {"SKIPPED", "/skipped"}, {"LICENCE", "/licence"}, {"FOLDER", "/folder"}};

struct ImportArguments {
  std::string folder;
  std::string name;
  std::string version = "1.0.0";
  std::string licence;
  std::string to = ".";
  bool is_accepted = false;
};

/// Rule sets that are known by a word in their files or their names.
struct KnownSource {
  std::string_view word;
  std::string_view name;
  std::string_view licence;
  std::string_view note;
};
constexpr KnownSource kKnown[] = {
    {"Emerging Threats", "ET Open", "MIT AND GPL-2.0-only AND BSD-3-Clause",
     "sids 2000000-2799999: BSD licence of Emerging Threats; sids 2100000-2103999, from Snort: GPL 2.0"},
    {"Sourcefire, Inc", "Snort community rules", "GPL-2.0-only", "the Snort community rules are under the GPL 2.0"},
};

bool is_licence_file(std::string_view name) {
  const auto lower = to_lower_ascii(name);
  return lower.starts_with("license") || lower.starts_with("licence") || lower.starts_with("copying") ||
         lower == "bsd-license.txt" || lower == "gpl-2.0.txt";
}

std::string first_lines(std::string_view text, std::size_t count) {
  std::string lines;
  for (const auto line : split(text, '\n')) {
    if (count-- == 0) return lines + "…\n";
    lines += printable(line) + "\n";
  }
  return lines;
}

/// The comments that a rule file begins with.
std::string heading(std::string_view text) {
  std::string lines;
  for (const auto line : split(text, '\n')) {
    if (!line.starts_with('#') || line.find(" sid:") != std::string_view::npos) break;
    lines.append(line).append("\n");
  }
  return lines;
}

struct Found {
  std::vector<fs::path> files;
  std::string licence_text;
  const KnownSource* source = nullptr;
};

Result<Found> look(const fs::path& folder) {
  Found found;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file()) continue;
    const auto name = entry.path().filename().string();
    if (is_licence_file(name)) {
      const auto text = WD_TRY(read_file(entry.path()));
      found.licence_text += "== " + printable(name) + "\n" + first_lines(text, kLicenceLines);
    }
    // Rules, and what they name: lists, classes.
    const auto extension = entry.path().extension();
    if (extension == ".rules" || extension == ".lst" || extension == ".list" || name == "classification.config")
      found.files.push_back(entry.path());
  }
  if (error) return fail(ErrorCode::NotFound, folder.string() + ": " + error.message());
  std::ranges::sort(found.files);
  std::string heads;
  for (const auto& file : found.files) {
    if (file.extension() == ".rules") heads += heading(WD_TRY(read_file(file, kMaxRuleBytes)));
  }
  for (const KnownSource& known : kKnown) {
    if (found.source == nullptr && (heads + found.licence_text).find(known.word) != std::string::npos)
      found.source = &known;
  }
  if (found.licence_text.empty()) found.licence_text = first_lines(heads, kLicenceLines);
  return found;
}

Result<ExitCode> import_rules(Session& session, const std::shared_ptr<ImportArguments>& arguments) {
  const auto found = WD_TRY(look(arguments->folder));
  if (found.files.empty()) return fail(ErrorCode::NotFound, arguments->folder + ": no *.rules file there");
  auto& err = session.environment().err;
  err << "Rules of " << printable(arguments->folder) << ": " << (found.source ? found.source->name : "unknown source")
      << "\n";
  if (found.source != nullptr) err << "Licence: " << found.source->licence << " (" << found.source->note << ")\n";
  err << (found.licence_text.empty() ? "No licence text is in the folder.\n" : found.licence_text);
  std::string licence = arguments->licence;
  if (licence.empty() && found.source != nullptr) licence = found.source->licence;
  if (licence.empty()) return fail(ErrorCode::Invalid, "the licence is not known: read it and name it with --licence");
  if (!arguments->is_accepted)
    return fail(ErrorCode::Invalid, "nothing was imported: add --accept-licence when you may use these rules");
  const fs::path to = fs::path(arguments->to) / arguments->name;
  if (fs::exists(to / "pack.json"))
    return fail(ErrorCode::Conflict, to.string() + ": is there already; remove it, or choose another --name");
  std::error_code error;
  fs::create_directories(to, error);
  if (error) return fail(ErrorCode::Unavailable, to.string() + ": " + error.message());
  for (const auto& file : found.files)
    WD_TRY(write_file_atomically(to / file.filename(), WD_TRY(read_file(file, kMaxRuleBytes)), 0644));
  WD_TRY(write_file_atomically(to / "LICENCE", found.licence_text, 0644));
  const json::object manifest{{"name", arguments->name},
                              {"version", arguments->version},
                              {"description", found.source ? found.source->name : "Imported rules"},
                              {"licence", licence},
                              {"source", fs::path(arguments->folder).filename().string()}};
  WD_TRY(write_file_atomically(to / "pack.json", json::serialize(manifest) + "\n", 0644));
  const auto pack = WD_TRY(ips::read_rule_pack(to));
  const auto loaded = ips::load_rule_files(pack.rules, ips::Variables::defaults(),
                                           [](const std::string& path) { return read_file(path, kMaxRuleBytes); });
  json::object row = manifest;
  row["rules"] = loaded.rules.size();
  row["skipped"] = loaded.skipped.size();
  row["folder"] = to.string();
  print_object(session, row, kPackColumns);
  return ExitCode::Ok;
}

struct RecommendArguments {
  std::string packs = "/usr/share/warder/ips";
  std::vector<std::string> cves;
  std::vector<std::string> packages;
  std::vector<std::uint16_t> ports;
};

Result<ExitCode> recommend(Session& session, const std::shared_ptr<RecommendArguments>& arguments) {
  ips::HostNeeds host;
  for (const auto& text : arguments->cves) {
    auto cve = ips::normal_cve(text);
    if (cve.empty()) return fail(ErrorCode::Invalid, "--cve " + text + ": write CVE-2021-44228");
    host.cves.insert(std::move(cve));
  }
  host.packages.insert(arguments->packages.begin(), arguments->packages.end());
  host.ports.insert(arguments->ports.begin(), arguments->ports.end());
  const auto packs = WD_TRY(ips::read_rule_packs(arguments->packs));
  if (packs.empty()) return fail(ErrorCode::NotFound, arguments->packs + ": no folder with a pack.json there");
  const ips::RuleDirectory directory(packs);
  json::array rows;
  for (const auto& [rule, reason] : directory.protecting(host)) {
    json::array cves;
    for (const auto& cve : rule->cves) cves.emplace_back(cve);
    rows.push_back(json::object{{"rule", std::to_string(rule->gid) + ":" + std::to_string(rule->sid)},
                                {"reason", reason},
                                {"pack", rule->pack},
                                {"blocks", rule->blocks},
                                {"cves", std::move(cves)},
                                {"message", rule->message}});
  }
  print_list(session, rows, kRuleColumns);
  return ExitCode::Ok;
}

}  // namespace

void add_ips_packs(Tree& tree, CLI::App& group) {
  const auto arguments = std::make_shared<ImportArguments>();
  CLI::App& import =
      add(tree, group, "import", "Make a rule pack of a folder of rules, such as ET Open; shows the licence", arguments,
          import_rules);
  import.add_option("folder", arguments->folder, "The unpacked rules")->required();
  import.add_option("--name", arguments->name, "Name of the pack: a-z, 0-9 and '-'")->required();
  import.add_option("--pack-version", arguments->version, "Version of the pack")->capture_default_str();
  import.add_option("--licence", arguments->licence, "Licence, where the source is not known");
  import.add_option("--to", arguments->to, "Folder that the pack is made in")->capture_default_str();
  import.add_flag("--accept-licence", arguments->is_accepted, "You have read the licence and may use the rules");

  const auto wanted = std::make_shared<RecommendArguments>();
  CLI::App& command = add(tree, group, "recommend", "Which rules protect a host with these holes, programs and ports",
                          wanted, recommend);
  command.add_option("--packs", wanted->packs, "Folder of rule packs")->capture_default_str();
  command.add_option("--cve", wanted->cves, "A hole that the host has: CVE-2021-44228");
  command.add_option("--package", wanted->packages, "Software that is installed");
  command.add_option("--port", wanted->ports, "A port that the host listens on");
}

}  // namespace warder::cli
