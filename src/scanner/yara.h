// libyara behind two functions.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/antimalware/verdict.h"
#include "scanner/subject.h"

namespace warder::scanner {

class Yara {
 public:
  /// Compiles all .yar and .yara files below the folder, each in a namespace of its own. A file that does not compile
  /// is left out and named in warnings(). nullptr when the folder has none.
  static Result<std::unique_ptr<Yara>> load(const std::filesystem::path& folder);
  /// Whether one file compiles. Invalid, with the place, when not.
  static Result<void> load_file(const std::filesystem::path& file);
  ~Yara();
  Yara(const Yara&) = delete;
  Yara& operator=(const Yara&) = delete;

  [[nodiscard]] unsigned rules() const noexcept;
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }
  static std::string version();
  /// Clean, Infected (the first rule that matches and is not private) or Error.
  antimalware::Verdict scan(const Subject& subject, std::chrono::milliseconds max_time);

 private:
  struct Rules;
  Yara();
  std::unique_ptr<Rules> rules_;
  std::vector<std::string> warnings_;
};

}  // namespace warder::scanner
