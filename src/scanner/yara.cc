#include "scanner/yara.h"

#include <yara.h>

#include <algorithm>
#include <set>

#include "base/file.h"

namespace warder::scanner {
namespace {

namespace fs = std::filesystem;
using antimalware::Verdict;
using antimalware::VerdictKind;

constexpr std::size_t kMaxRuleBytes = 64 << 20;
// What public rule sets expect the program that runs them to know of a file.
constexpr std::array kNamesOfFile = {"filename", "filepath", "extension", "filetype", "owner"};

struct Compiler {
  YR_COMPILER* compiler = nullptr;
  std::string message;  // the first error

  Compiler() {
    if (::yr_compiler_create(&compiler) != ERROR_SUCCESS) return;
    ::yr_compiler_set_callback(compiler, &Compiler::on_message, this);
    for (const char* const each : kNamesOfFile) ::yr_compiler_define_string_variable(compiler, each, "");
  }
  ~Compiler() {
    if (compiler != nullptr) ::yr_compiler_destroy(compiler);
  }
  Compiler(const Compiler&) = delete;
  Compiler& operator=(const Compiler&) = delete;

  static void on_message(int level, const char* file, int line, const YR_RULE* /*rule*/, const char* message,
                         void* self) {
    auto& first = static_cast<Compiler*>(self)->message;
    if (level != YARA_ERROR_LEVEL_ERROR || !first.empty()) return;
    first = std::string(file == nullptr ? "" : file) + ":" + std::to_string(line) + ": " + message;
  }

  bool add(const fs::path& path, const std::string& name) {
    FILE* const file = ::fopen(path.c_str(), "re");
    if (file == nullptr) {
      message = path.string() + ": cannot be opened";
      return false;
    }
    const int errors = ::yr_compiler_add_file(compiler, file, name.c_str(), path.c_str());
    ::fclose(file);
    return errors == 0;
  }
};

std::vector<fs::path> rule_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const fs::directory_entry& each : fs::recursive_directory_iterator(folder, error)) {
    const fs::path extension = each.path().extension();
    if (each.is_regular_file(error) && (extension == ".yar" || extension == ".yara")) files.push_back(each.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

struct Match {
  std::string rule;
};

int on_match(YR_SCAN_CONTEXT* /*context*/, int message, void* data, void* user) {
  if (message != CALLBACK_MSG_RULE_MATCHING) return CALLBACK_CONTINUE;
  static_cast<Match*>(user)->rule = static_cast<const YR_RULE*>(data)->identifier;
  return CALLBACK_ABORT;
}

}  // namespace

struct Yara::Rules {
  YR_RULES* rules = nullptr;
  YR_SCANNER* scanner = nullptr;  // of this process, made at its first scan
  ~Rules() {
    if (scanner != nullptr) ::yr_scanner_destroy(scanner);
    if (rules != nullptr) ::yr_rules_destroy(rules);
    ::yr_finalize();
  }
};

Yara::Yara() : rules_(std::make_unique<Rules>()) {}
Yara::~Yara() = default;

std::string Yara::version() {
  return std::string("YARA ") + YR_VERSION;
}

unsigned Yara::rules() const noexcept {
  return rules_->rules->num_rules;
}

// A compiler that met an error is of no more use: files that fail are found one by one, and the others compiled again.
Result<std::unique_ptr<Yara>> Yara::load(const fs::path& folder) {
  std::vector<fs::path> files = rule_files(folder);
  if (files.empty()) return std::unique_ptr<Yara>();
  if (::yr_initialize() != ERROR_SUCCESS) return fail(ErrorCode::Internal, "libyara did not start");
  std::unique_ptr<Yara> made(new Yara());  // NOLINT(cppcoreguidelines-owning-memory): private constructor
  const auto compile = [&](Compiler& compiler) {
    return std::all_of(files.begin(), files.end(), [&](const fs::path& each) {
      return compiler.add(each, each.lexically_relative(folder).string());
    });
  };
  auto compiler = std::make_unique<Compiler>();
  if (!compile(*compiler)) {
    std::erase_if(files, [&](const fs::path& each) {
      Compiler alone;
      if (alone.add(each, "")) return false;
      made->warnings_.push_back(alone.message);
      return true;
    });
    compiler = std::make_unique<Compiler>();
    if (!compile(*compiler)) return fail(ErrorCode::Invalid, compiler->message);
  }
  if (::yr_compiler_get_rules(compiler->compiler, &made->rules_->rules) != ERROR_SUCCESS)
    return fail(ErrorCode::Internal, "libyara: out of memory");
  return made;
}

Result<void> Yara::load_file(const fs::path& file) {
  if (::yr_initialize() != ERROR_SUCCESS) return fail(ErrorCode::Internal, "libyara did not start");
  Result<void> outcome;
  {
    Compiler compiler;
    if (!compiler.add(file, "")) outcome = fail(ErrorCode::Invalid, compiler.message);
  }
  ::yr_finalize();
  return outcome;
}

Verdict Yara::scan(const Subject& subject, std::chrono::milliseconds max_time) {
  if (rules_->scanner == nullptr && ::yr_scanner_create(rules_->rules, &rules_->scanner) != ERROR_SUCCESS)
    return {VerdictKind::Error, "", "", "libyara: out of memory"};
  YR_SCANNER* const scanner = rules_->scanner;
  const fs::path path = subject.name;
  ::yr_scanner_define_string_variable(scanner, "filename", path.filename().c_str());
  ::yr_scanner_define_string_variable(scanner, "filepath", subject.name.c_str());
  ::yr_scanner_define_string_variable(scanner, "extension", path.extension().c_str());
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(max_time).count();
  ::yr_scanner_set_timeout(scanner, static_cast<int>(seconds));
  ::yr_scanner_set_flags(scanner, SCAN_FLAGS_REPORT_RULES_MATCHING);
  Match match;
  ::yr_scanner_set_callback(scanner, on_match, &match);
  const int result = subject.content.empty()
                         ? ::yr_scanner_scan_fd(scanner, subject.file)
                         : ::yr_scanner_scan_mem(scanner, subject.content.data(), subject.content.size());
  if (!match.rule.empty()) return {VerdictKind::Infected, "yara", match.rule, ""};
  if (result == ERROR_SUCCESS || result == ERROR_CALLBACK_ERROR) return {VerdictKind::Clean, "", "", ""};
  if (result == ERROR_SCAN_TIMEOUT) return {VerdictKind::Error, "", "", "libyara: not finished in time"};
  return {VerdictKind::Error, "", "", "libyara: error " + std::to_string(result)};
}

}  // namespace warder::scanner
