// warder signatures: compiling lists of indicators, and seeing what a folder of signatures holds.
#include <boost/json.hpp>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/scan.h"
#include "scanner/client.h"
#include "scanner/indicators.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;

struct SignatureArguments {
  std::vector<std::string> lists;
  std::string output;
  std::string folder;
};
using Arguments = std::shared_ptr<SignatureArguments>;

Result<ExitCode> compile(Session& session, const Arguments& arguments) {
  antimalware::HashIndexBuilder builder;
  json::array rows;
  for (const std::string& each : arguments->lists) {
    const auto report = WD_TRY(scanner::add_list(each, builder));
    rows.push_back(json::object{{"list", json::string(each)},
                                {"added", report.added},
                                {"left_out", report.ignored},
                                {"first_left_out_line", report.first_ignored}});
  }
  if (builder.count() == 0) return fail(ErrorCode::Invalid, "no digest in any of the lists");
  const Bytes index = WD_TRY(builder.finish());
  WD_TRY(write_file_atomically(arguments->output, as_text(index), 0644));
  constexpr std::array kColumns = {Column{"LIST", "/list"}, Column{"ADDED", "/added"}, Column{"LEFT OUT", "/left_out"},
                                   Column{"FIRST LINE LEFT OUT", "/first_left_out_line"}};
  print_list(session, rows, kColumns);
  return ExitCode::Ok;
}

Result<ExitCode> check(Session& session, const Arguments& arguments) {
  const auto indicators = scanner::Indicators::load(arguments->folder);
  scanner::ScannerOptions options;
  options.program = WD_TRY(scanner::find_scanner());
  options.signatures = fs::absolute(arguments->folder);
  const auto scanner = WD_TRY(scanner::Scanner::start(options));
  json::array warnings;
  for (const auto* each : {&indicators.warnings(), &scanner->info().warnings})
    for (const std::string& text : *each) warnings.push_back(json::string(text));
  const bool is_whole = warnings.empty();
  print_object(session, json::object{{"clamav_signatures", scanner->info().signatures},
                                     {"yara_rules", scanner->info().rules},
                                     {"indicators", indicators.count()},
                                     {"engines", json::string(scanner->info().version)},
                                     {"left_out", std::move(warnings)}});
  return is_whole ? ExitCode::Ok : ExitCode::Failed;
}

}  // namespace

void add_signatures(Tree& tree) {
  CLI::App& group = add_group(tree, "signatures", "Signatures of malware: compile lists of hashes, check a folder");
  const auto arguments = std::make_shared<SignatureArguments>();
  CLI::App& index = add(tree, group, "compile", "Make an index of lists of hashes, which is used without loading",
                        arguments, compile);
  index.add_option("lists", arguments->lists, "Text, CSV, output of sha256sum, or STIX 2.1 (.stix, .json)")->required();
  index.add_option("--output", arguments->output, "The index; put it into a folder of signatures as NAME.whx")
      ->required();
  CLI::App& whole = add(tree, group, "check", "What a folder of signatures holds; exit 1 when something was left out",
                        arguments, check);
  whole.add_option("folder", arguments->folder, "The folder")->required();
}

}  // namespace warder::cli
