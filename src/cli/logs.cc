// warder logs: rules for logs, checked and tried on lines without an agent.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <istream>
#include <map>
#include <ostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/log_rules.h"
#include "engines/loginspection/engine.h"
#include "engines/loginspection/finding_json.h"
#include "engines/loginspection/image.h"
#include "engines/loginspection/image_file.h"

namespace warder::cli {
namespace {

namespace li = loginspection;

struct Arguments {
  RulePaths paths;
  std::string folder;
  std::string image;
  std::vector<std::string> files;
  bool resets_on_blank = false;
  bool explains = false;
  std::int64_t min_level = 1;
};
using Shared = std::shared_ptr<Arguments>;

void print_problem(std::ostream& out, const li::Problem& problem) {
  out << printable(li::to_string(problem)) << '\n';
}

Result<li::Definition> define(Session& session, const RulePaths& paths) {
  if (paths.dialect.empty()) return fail(ErrorCode::Invalid, "--dialect: say whether the rules are ossec or wazuh");
  return read_definition(paths, [&](const std::string& file) {
    session.environment().err << "warder: " << printable(file)
                              << ": left out, as by default; name the file to load it\n";
  });
}

Result<std::shared_ptr<const li::Compiled>> load(Session& session, const Arguments& arguments) {
  if (!arguments.image.empty()) return li::load_image_file(arguments.image);
  std::ostream& err = session.environment().err;
  const li::Definition definition = WD_TRY(define(session, arguments.paths));
  li::Checked checked = li::check(definition);
  for (const li::Problem& problem : checked.problems) print_problem(err, problem);
  if (!checked.compiled) return fail(ErrorCode::Invalid, "the rules cannot be made into one matcher");
  err << std::flush;
  return std::move(checked.compiled);
}

std::string text_of(std::string_view bytes) {
  return is_utf8(bytes) ? std::string(bytes) : escape_non_utf8(bytes);
}

void print_finding(std::ostream& out, const json::object& finding) {
  const auto text = [&](std::string_view key) { return printable(finding.at(key).as_string()); };
  out << text("line") << "\n  decoder: " << text("decoder") << '\n';
  for (const auto& field : finding.at("fields").as_object()) {
    out << "  " << printable(field.key()) << ": " << printable(field.value().as_string()) << '\n';
  }
  if (!finding.at("rule_id").is_null()) {
    out << fmt::format("  rule {}, level {}: {}\n", json::serialize(finding.at("rule_id")),
                       json::serialize(finding.at("level")), text("description"));
  } else {
    out << "  no rule\n";
  }
  if (const json::value* const sigma = finding.if_contains("sigma")) {
    for (const json::value& match : sigma->as_array()) {
      out << "  sigma: " << printable(match.at("title").as_string()) << " (by "
          << printable(match.at("author").as_string()) << ")\n";
    }
  }
  if (const json::value* const trace = finding.if_contains("trace")) {
    for (const json::value& step : trace->as_array()) out << "    " << printable(step.as_string()) << '\n';
  }
}

std::string_view without_line_end(std::string_view line) noexcept {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Result<ExitCode> test(Session& session, const Shared& arguments) {
  Environment& environment = session.environment();
  li::Engine engine(WD_TRY(load(session, *arguments)));
  json::array trace;
  if (arguments->explains) engine.set_tracer([&](std::string_view step) { trace.emplace_back(text_of(step)); });
  for (std::string buffer; std::getline(environment.in, buffer);) {
    const std::string_view line = without_line_end(buffer);
    if (line.empty() && arguments->resets_on_blank) {
      engine.reset();
      continue;
    }
    const li::Finding& finding = engine.inspect({line, "stdin", "localhost", environment.now(), 0});
    json::object described = li::to_json(finding, line);
    if (arguments->explains) described["trace"] = std::exchange(trace, {});
    if (session.is_json()) {
      environment.out << json::serialize(described) << '\n' << std::flush;
    } else {
      print_finding(environment.out, described);
      environment.out << std::flush;
    }
  }
  return ExitCode::Ok;
}

/// What the files under a folder are, by their roots.
Result<RulePaths> sort_folder(const Arguments& arguments) {
  RulePaths paths;
  paths.dialect = arguments.paths.dialect;
  paths.sigma = {arguments.folder};
  namespace fs = std::filesystem;
  std::error_code error;
  for (const char* const name : {"decoders", "rules"}) {
    const fs::path inner = fs::path(arguments.folder) / name;
    if (fs::is_directory(inner, error))
      (std::string_view(name) == "rules" ? paths.rules : paths.decoders).push_back(inner);
  }
  if (fs::is_directory(fs::path(arguments.folder) / "lists", error)) paths.lists = fs::path(arguments.folder) / "lists";
  std::vector<fs::path> loose;
  for (const auto& entry : fs::directory_iterator(arguments.folder, error)) {
    if (entry.is_regular_file(error) && entry.path().extension() == ".xml") loose.push_back(entry.path());
  }
  if (error) return fail_errno(arguments.folder, error.value());
  std::sort(loose.begin(), loose.end());
  for (const fs::path& file : loose) {
    (file.filename().string().find("decoder") != std::string::npos ? paths.decoders : paths.rules).push_back(file);
  }
  return paths;
}

struct DialectReport {
  std::string dialect;
  li::Checked checked;

  [[nodiscard]] std::size_t errors() const {
    return static_cast<std::size_t>(std::count_if(checked.problems.begin(), checked.problems.end(),
                                                  [](const li::Problem& problem) { return problem.is_error; }));
  }
  [[nodiscard]] json::object counts() const {
    return {{"dialect", dialect},
            {"rules", checked.compiled ? li::rule_count(*checked.compiled) : 0},
            {"decoders", checked.compiled ? li::decoder_count(*checked.compiled) : 0},
            {"sigma_rules", checked.compiled ? li::sigma_rule_count(*checked.compiled) : 0},
            {"errors", errors()},
            {"warnings", checked.problems.size() - errors()}};
  }
};

void print_report(Session& session, const DialectReport& report) {
  std::ostream& out = session.environment().out;
  json::object counts = report.counts();
  if (session.is_json()) {
    json::array problems;
    for (const li::Problem& problem : report.checked.problems) problems.emplace_back(li::to_json(problem));
    counts["problems"] = std::move(problems);
    out << json::serialize(counts) << '\n';
    return;
  }
  for (const li::Problem& problem : report.checked.problems) print_problem(out, problem);
  const auto number = [&](std::string_view key) { return counts.at(key).to_number<std::size_t>(); };
  out << fmt::format("as {}: {} rules, {} decoders, {} Sigma rules; {} errors, {} warnings\n", report.dialect,
                     number("rules"), number("decoders"), number("sigma_rules"), number("errors"), number("warnings"));
}

/// In one dialect, or in both, one report each, when none is named: a text does not say which it is.
Result<ExitCode> check(Session& session, const Shared& arguments) {
  bool is_clean = false;
  for (const std::string dialect : {"ossec", "wazuh"}) {
    if (!arguments->paths.dialect.empty() && dialect != arguments->paths.dialect) continue;
    RulePaths paths = WD_TRY(sort_folder(*arguments));
    paths.dialect = dialect;
    const li::Definition definition = WD_TRY(read_definition(paths, [](const std::string&) {}));
    const DialectReport report{dialect, li::check(definition)};
    is_clean = is_clean || report.errors() == 0;
    print_report(session, report);
  }
  return is_clean ? ExitCode::Ok : ExitCode::Findings;
}

/// All or nothing: an image must not hide what its texts got wrong.
Result<ExitCode> compile_image(Session& session, const Shared& arguments) {
  const li::Definition definition = WD_TRY(define(session, arguments->paths));
  const auto compiled = WD_TRY(li::compile(definition));
  WD_TRY(li::save_image_file(*compiled, li::source_of(definition), arguments->image));
  print_note(session, fmt::format("{}: {} rules, {} decoders", arguments->image, li::rule_count(*compiled),
                                  li::decoder_count(*compiled)));
  return ExitCode::Ok;
}

/// What was found over all lines.
struct Summary {
  std::size_t lines = 0;
  std::size_t decoded = 0;
  std::size_t alerts = 0;
  std::map<std::uint32_t, std::pair<std::size_t, const li::Rule*>> rules;
  std::map<std::string, std::pair<std::size_t, const li::SigmaRule*>> sigma;

  void count(const li::Finding& finding, std::int64_t min_level) {
    ++lines;
    if (!finding.decoder.empty()) ++decoded;
    if (finding.is_alert && finding.rule->level >= min_level) {
      ++alerts;
      auto& [number, rule] = rules[finding.rule->id];
      ++number;
      rule = finding.rule;
    }
    for (const li::SigmaMatch& match : finding.sigma) {
      auto& [number, rule] = sigma[match.rule->id + match.rule->title];
      ++number;
      rule = match.rule;
    }
  }
};

constexpr Column kSummaryColumns[] = {
    {"COUNT", "/count"}, {"LEVEL", "/level"}, {"RULE", "/rule"}, {"DESCRIPTION", "/description"}};

void print_summary(Session& session, const Summary& summary) {
  json::array rows;
  for (const auto& [id, found] : summary.rules) {
    rows.emplace_back(json::object{{"count", found.first},
                                   {"level", found.second->level},
                                   {"rule", std::to_string(id)},
                                   {"description", text_of(found.second->description)}});
  }
  for (const auto& [id, found] : summary.sigma) {
    rows.emplace_back(json::object{{"count", found.first},
                                   {"level", found.second->level},
                                   {"rule", "sigma " + found.second->id},
                                   {"description", found.second->title + " (by " + found.second->author + ")"}});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const json::value& a, const json::value& b) {
    return a.at("count").to_number<std::uint64_t>() > b.at("count").to_number<std::uint64_t>();
  });
  if (session.is_json()) {
    session.environment().out << json::serialize(json::object{{"lines", summary.lines},
                                                              {"decoded", summary.decoded},
                                                              {"alerts", summary.alerts},
                                                              {"rules", std::move(rows)}})
                              << '\n';
    return;
  }
  print_list(session, rows, kSummaryColumns);
  print_note(session, fmt::format("{} lines, {} decoded, {} alerts", summary.lines, summary.decoded, summary.alerts));
}

Result<ExitCode> run_files(Session& session, const Shared& arguments) {
  Environment& environment = session.environment();
  const auto compiled = WD_TRY(load(session, *arguments));
  li::Engine engine(compiled);
  Summary summary;
  for (const std::string& file : arguments->files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return fail_errno(file, errno);
    for (std::string buffer; std::getline(in, buffer);) {
      summary.count(engine.inspect({without_line_end(buffer), file, "localhost", environment.now(), 0}),
                    arguments->min_level);
    }
  }
  print_summary(session, summary);
  return ExitCode::Ok;
}

void add_dialect(CLI::App& command, const Shared& arguments) {
  command.add_option("--dialect", arguments->paths.dialect, "Language of the rules: ossec or wazuh")
      ->check(CLI::IsMember({"ossec", "wazuh"}));
}

void add_rule_options(CLI::App& command, const Shared& arguments) {
  add_dialect(command, arguments);
  command.add_option("--rules", arguments->paths.rules, "Rule files, or folders of .xml files, in this order");
  command.add_option("--decoders", arguments->paths.decoders, "Decoder files, or folders of .xml files, in this order");
  command.add_option("--lists", arguments->paths.lists, "Folder of lists that rules look values up in");
  command.add_option("--sigma", arguments->paths.sigma, "Sigma rules, or folders of .yml files");
}

void add_image(CLI::App& command, const Shared& arguments) {
  command.add_option("--image", arguments->image, "Image made by `warder logs compile`, instead of all of these");
}

}  // namespace

void add_logs(Tree& tree) {
  CLI::App& group = add_group(tree, "logs", "Log inspection: check rules, and try them on lines");
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& checking = add(tree, group, "check", "Read all rules of a folder and say what is wrong", arguments, check);
  checking.add_option("folder", arguments->folder, "Folder with decoders, rules, lists and Sigma rules")->required();
  add_dialect(checking, arguments);
  CLI::App& testing =
      add(tree, group, "test", "Say of each line on standard input what it is and what matches", arguments, test);
  add_rule_options(testing, arguments);
  add_image(testing, arguments);
  testing.add_flag("--reset-on-blank", arguments->resets_on_blank, "An empty line forgets all lines before it");
  testing.add_flag("--explain", arguments->explains, "Show which rules were tried");
  CLI::App& running = add(tree, group, "run", "Inspect whole files and count what matches", arguments, run_files);
  add_rule_options(running, arguments);
  add_image(running, arguments);
  running.add_option("--min-level", arguments->min_level, "Count alerts from this level on");
  running.add_option("files", arguments->files, "Log files")->required();
  CLI::App& compiling =
      add(tree, group, "compile", "Make an image of rules, which loads in milliseconds", arguments, compile_image);
  add_rule_options(compiling, arguments);
  compiling.add_option("--output", arguments->image, "The image to write")->required();
  add_logs_recommend(tree, group);
}

}  // namespace warder::cli
