#include "cli/signature_samples.h"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "scanner/file_scan.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;
using antimalware::VerdictKind;

constexpr std::string_view kSamples = "samples.txt";

Result<std::string> unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    const char what = i + 1 < text.size() ? text[++i] : ' ';
    if (what == 'n') {
      bytes += '\n';
    } else if (what == '\\') {
      bytes += '\\';
    } else if (what == 'x' && i + 2 < text.size()) {
      bytes += as_text(WD_TRY(from_hex(text.substr(i + 1, 2))));
      i += 2;
    } else {
      return fail(ErrorCode::Invalid, "a backslash stands before n, xNN or another");
    }
  }
  return bytes;
}

Result<SignatureSample> parse_line(std::string_view line) {
  const std::size_t colon = line.find(": ");
  if (colon == std::string_view::npos) return fail(ErrorCode::Invalid, "not \"found NAME: TEXT\" or \"clean: TEXT\"");
  const std::string_view head = line.substr(0, colon);
  SignatureSample sample;
  if (head.starts_with("found ")) {
    sample.expected = trim(head.substr(6));
  } else if (head != "clean") {
    return fail(ErrorCode::Invalid, "neither found nor clean");
  }
  sample.content = WD_TRY(unescape(line.substr(colon + 2)));
  return sample;
}

Result<void> test_folder(const fs::path& folder, const fs::path& temporary, SignatureSampleReport& report) {
  const fs::path list = folder / kSamples;
  const auto samples = WD_TRY(parse_signature_samples(WD_TRY(read_file(list))).in(list.string()));
  const auto indicators = scanner::Indicators::load(folder);
  for (const std::string& each : indicators.warnings()) report.problems.push_back(each);
  scanner::ScannerOptions options;
  options.program = WD_TRY(scanner::find_scanner());
  options.signatures = fs::absolute(folder);
  const auto scanner = WD_TRY(scanner::Scanner::start(options).in(folder.string()));
  for (const std::string& each : scanner->info().warnings) report.problems.push_back(each);
  scanner::Connection connection = scanner->connect();
  const bool has_engine = scanner->info().signatures + scanner->info().rules > 0;
  scanner::FileScan scan(
      indicators, [&]() -> Result<scanner::Connection*> { return has_engine ? &connection : nullptr; }, nullptr, {});
  ++report.folders;
  report.signatures += scanner->info().signatures + scanner->info().rules + indicators.count();
  for (const SignatureSample& sample : samples) {
    const fs::path file = temporary / "sample";
    WD_TRY(write_file_atomically(file, sample.content));
    const auto verdict = scan.scan(file.string()).verdict;
    const std::string found = verdict.kind == VerdictKind::Clean ? "" : verdict.signature;
    ++report.samples;
    if (verdict.kind != VerdictKind::Error && found == sample.expected) continue;
    report.problems.push_back(list.string() + ":" + std::to_string(sample.line) + ": expected " +
                              (sample.expected.empty() ? "nothing" : sample.expected) + ", found " +
                              (verdict.kind == VerdictKind::Error ? verdict.reason
                               : found.empty()                    ? "nothing"
                                                                  : found));
  }
  const auto is_positive = [](const SignatureSample& each) { return !each.expected.empty(); };
  if (std::none_of(samples.begin(), samples.end(), is_positive) ||
      std::all_of(samples.begin(), samples.end(), is_positive))
    report.problems.push_back(list.string() + ": there must be samples of both kinds");
  return {};
}

}  // namespace

Result<std::vector<SignatureSample>> parse_signature_samples(std::string_view text) {
  std::vector<SignatureSample> samples;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    samples.push_back(WD_TRY(parse_line(line).in("line " + std::to_string(number))));
    samples.back().line = number;
  }
  return samples;
}

Result<SignatureSampleReport> test_signature_samples(const fs::path& folder) {
  std::error_code error;
  std::string temporary = (fs::temp_directory_path(error) / "warder-samples-XXXXXX").string();
  if (error || ::mkdtemp(temporary.data()) == nullptr) return fail_errno("a temporary directory", errno);
  std::vector<fs::path> folders;
  if (fs::exists(folder / kSamples, error)) folders.push_back(folder);
  for (const auto& each : fs::directory_iterator(folder, error))
    if (fs::exists(each.path() / kSamples, error)) folders.push_back(each.path());
  std::sort(folders.begin(), folders.end());
  SignatureSampleReport report;
  Result<void> outcome;
  for (const fs::path& each : folders)
    if (outcome) outcome = test_folder(each, temporary, report);
  fs::remove_all(temporary, error);
  if (!outcome) return fail(outcome.error());
  return report;
}

}  // namespace warder::cli
