// Judges the samples beside files of signatures: content/antimalware/README.md.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace warder::cli {

struct SignatureSample {
  std::string expected;  // the signature's name; empty: nothing is found
  std::string content;
  std::size_t line = 0;
};
/// Invalid names the line.
Result<std::vector<SignatureSample>> parse_signature_samples(std::string_view text);

struct SignatureSampleReport {
  std::size_t folders = 0;
  std::size_t signatures = 0;  // ClamAV's, YARA rules and indicators
  std::size_t samples = 0;
  std::vector<std::string> problems;
};
/// Every folder of `folder` that has a samples.txt, and `folder` itself.
Result<SignatureSampleReport> test_signature_samples(const std::filesystem::path& folder);

}  // namespace warder::cli
