#include <array>

#include "base/text.h"
#include "host/lines.h"
#include "host/software.h"

namespace warder::host {
namespace {

// States of dpkg(1) in which a package's files are on the disk.
constexpr std::array<std::string_view, 5> kPresent{"installed", "unpacked", "half-configured", "triggers-awaited",
                                                   "triggers-pending"};

bool is_present(std::string_view status) noexcept {
  const std::size_t blank = status.rfind(' ');
  const std::string_view word = blank == std::string_view::npos ? status : status.substr(blank + 1);
  for (const std::string_view state : kPresent)
    if (word == state) return true;
  return status.empty();  // status.d has no such line: what is there is installed
}

// One paragraph's lines, given as field and value; continued lines belong to the field before, which is given again.
template <class Take>
void for_each_field(std::string_view paragraph, const Take& take) {
  std::string_view field;
  while (!paragraph.empty()) {
    const std::string_view line = take_line(paragraph);
    if (line.empty()) continue;
    if (line.front() == ' ' || line.front() == '\t') {
      if (!field.empty()) take(field, trim(line), true);
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      field = {};
      continue;
    }
    field = line.substr(0, colon);
    take(field, trim(line.substr(colon + 1)), false);
  }
}

std::string_view take_paragraph(std::string_view& text) noexcept {
  const std::size_t end = text.find("\n\n");
  const std::string_view paragraph = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  return paragraph;
}

// "glibc (2.36-9)": the version stands there only where it differs.
void set_source(Package& package, std::string_view value) {
  const std::size_t open = value.find('(');
  package.source = trim(value.substr(0, open));
  if (open == std::string_view::npos) return;
  const std::string_view rest = value.substr(open + 1);
  package.source_version = trim(rest.substr(0, rest.find(')')));
}

}  // namespace

std::string_view name(PackageManager manager) noexcept {
  switch (manager) {
    case PackageManager::Dpkg:
      return "dpkg";
    case PackageManager::Rpm:
      return "rpm";
    case PackageManager::Python:
      return "python";
    case PackageManager::Npm:
      return "npm";
    case PackageManager::Gem:
      return "gem";
    case PackageManager::Go:
      return "go";
    case PackageManager::Java:
      return "java";
  }
  return "dpkg";
}

std::vector<Package> parse_dpkg_status(std::string_view text) {
  std::vector<Package> packages;
  while (!text.empty() && packages.size() < kMaxPackages) {
    Package package;
    std::string_view status;
    for_each_field(take_paragraph(text), [&](std::string_view field, std::string_view value, bool is_continued) {
      if (is_continued) return;
      if (field == "Package") package.name = value;
      if (field == "Status") status = value;
      if (field == "Version") package.version = value;
      if (field == "Architecture") package.architecture = value;
      if (field == "Maintainer") package.vendor = value;
      if (field == "Source") set_source(package, value);
    });
    if (package.name.empty() || package.version.empty() || !is_present(status)) continue;
    if (package.source.empty()) package.source = package.name;
    if (package.source_version.empty()) package.source_version = package.version;
    packages.push_back(std::move(package));
  }
  return packages;
}

std::vector<PackageFile> parse_dpkg_conffiles(std::string_view text, std::string_view package) {
  std::vector<PackageFile> files;
  while (!text.empty() && files.empty()) {
    const std::string_view paragraph = take_paragraph(text);
    if (paragraph.find(package) == std::string_view::npos) continue;
    bool is_it = false;
    for_each_field(paragraph, [&](std::string_view field, std::string_view value, bool is_continued) {
      if (field == "Package" && !is_continued) is_it = value == package;
      if (!is_it || field != "Conffiles" || !is_continued) return;
      const std::string_view path = take_word(value);
      const std::string_view digest = take_word(value);
      if (path.starts_with('/') && digest.size() == 32)
        files.push_back({std::string(path), "md5", std::string(digest), true});
    });
  }
  return files;
}

std::vector<PackageFile> parse_md5sums(std::string_view text) {
  std::vector<PackageFile> files;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    // 32 digits, two blanks, and the rest of the line is the path, which may hold blanks itself.
    if (line.size() < 35 || line[32] != ' ') continue;
    const std::string_view path = line.substr(34);
    files.push_back({"/" + std::string(path), "md5", std::string(line.substr(0, 32)), false});
  }
  return files;
}

}  // namespace warder::host
