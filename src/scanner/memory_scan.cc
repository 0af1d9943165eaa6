#include "scanner/memory_scan.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace warder::scanner {
namespace {

namespace fs = std::filesystem;
using antimalware::Verdict;
using antimalware::VerdictKind;

constexpr std::size_t kMaxSmapsBytes = 64U << 20U;
constexpr std::uint64_t kPageBytes = 4096;
constexpr std::uint64_t kOverlapBytes = 64U << 10U;  // so that what lies across a cut is seen whole
constexpr std::size_t kPagesAtOnce = 4096;
// Documentation/admin-guide/mm/pagemap.rst
constexpr std::uint64_t kPresent = std::uint64_t{1} << 63U;

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

struct Header {
  MemoryRegion region;
  std::string_view rights;
  bool has_file = false;
};

// "7f00-7f10 rw-p 00000000 00:00 0   [heap]": proc(5). Lines of details begin with a capital letter.
std::optional<Header> parse_header(std::string_view line) {
  const std::size_t dash = line.find('-');
  const std::size_t blank = line.find(' ');
  if (dash == std::string_view::npos || blank == std::string_view::npos || dash > blank) return std::nullopt;
  const auto start = parse_hex(line.substr(0, dash));
  const auto end = parse_hex(line.substr(dash + 1, blank - dash - 1));
  if (!start || !end || *start >= *end) return std::nullopt;
  Header header;
  header.region = {*start, *end, ""};
  header.rights = line.substr(blank + 1, 4);
  std::size_t field = blank;
  for (int i = 0; i < 4 && field != std::string_view::npos; ++i) field = line.find(' ', field + 1);
  if (field != std::string_view::npos) header.region.name = trim(line.substr(field));
  header.has_file = header.region.name.starts_with('/') && !header.region.name.starts_with("/memfd:") &&
                    !header.region.name.ends_with(" (deleted)");
  return header;
}

bool is_worth_reading(const Header& header, std::string_view flags) {
  const std::string_view name = header.region.name;
  if (header.rights.size() < 4 || header.rights[0] != 'r') return false;
  // Memory that is shared without a file is called /dev/zero.
  const bool is_device = name.starts_with("/dev/") && !name.starts_with("/dev/zero") && !name.starts_with("/dev/shm/");
  if (name.starts_with("[v") || is_device) return false;
  // A shared mapping of a file is the file; a private one that nobody may write is too.
  if (header.has_file && (header.rights[1] != 'w' || header.rights[3] == 's')) return false;
  // io and pf: devices; um, uw, ui: userfaultfd; dd: its owner asks not to be dumped, which is no protection here.
  const std::string words = ' ' + std::string(flags) + ' ';
  for (const char* each : {" io ", " pf ", " um ", " uw ", " ui "})
    if (words.find(each) != std::string::npos) return false;
  return true;
}

struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

// Our own programs hold signatures, and would find themselves.
bool is_ours(pid_t pid) {
  if (pid == ::getpid()) return true;
  const auto program = identity_of("/proc/" + std::to_string(pid) + "/exe");
  if (!program) return false;
  std::error_code error;
  const fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path();
  std::vector<std::string> own = {"/proc/self/exe", (beside / "warder-agent").string(), (beside / "warder").string(),
                                  (beside / "warder-manager").string()};
  if (const auto scanner = find_scanner()) own.push_back(scanner->string());
  return std::any_of(own.begin(), own.end(), [&](const std::string& each) { return identity_of(each) == program; });
}

Verdict skipped(std::string reason) {
  return {VerdictKind::Skipped, "", "", std::move(reason)};
}

std::string name_of(pid_t pid) {
  const auto name = read_file("/proc/" + std::to_string(pid) + "/comm", 256);
  return name ? std::string(trim(*name)) : "?";
}

std::string place_of(const MemoryRegion& region) {
  std::array<char, 64> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%llx-%llx", static_cast<unsigned long long>(region.start),
                                  static_cast<unsigned long long>(region.end)));
  return text.data() + (region.name.empty() ? std::string() : ' ' + region.name);
}

}  // namespace

std::vector<MemoryRegion> regions_of(std::string_view smaps) {
  std::vector<MemoryRegion> regions;
  std::optional<Header> header;
  for (const std::string_view line : split(smaps, '\n')) {
    constexpr std::string_view kFlags = "VmFlags:";
    if (line.starts_with(kFlags)) {
      if (header && is_worth_reading(*header, trim(line.substr(kFlags.size())))) regions.push_back(header->region);
      header.reset();
    } else if (auto next = parse_header(line)) {
      header = std::move(next);
    }
  }
  return regions;
}

// Pages that are present, one after another, as a file in memory.
struct MemoryScan::Piece {
  UniqueFd file;
  std::uint64_t bytes = 0;

  Result<void> add(ByteView page) {
    if (!file.is_open()) file = UniqueFd(::memfd_create("warder-scan", MFD_CLOEXEC));
    if (::pwrite(file.get(), page.data(), page.size(), static_cast<off_t>(bytes)) < 0)
      return fail_errno("memfd", errno);
    bytes += page.size();
    return {};
  }
};

Result<bool> MemoryScan::scan_piece(pid_t pid, const Piece& piece, const MemoryRegion& region,
                                    ScannedProcess& scanned) {
  Connection* const connection = WD_TRY(connect_());
  if (connection == nullptr) return false;
  const Verdict verdict = connection->scan(piece.file.get(), "process:" + std::to_string(pid));
  if (verdict.kind == VerdictKind::Clean) return false;
  scanned.verdict = verdict;
  scanned.verdict.reason = (verdict.reason.empty() ? "" : verdict.reason + ": ") + "in the memory of " + name_of(pid) +
                           " at " + place_of(region);
  return verdict.kind == VerdictKind::Infected;
}

Result<void> MemoryScan::scan_region(pid_t pid, int memory, int pagemap, const MemoryRegion& region,
                                     ScannedProcess& scanned) {
  Piece piece;
  Bytes page(kPageBytes);
  std::array<std::uint64_t, kPagesAtOnce> entries{};
  std::uint64_t first = 0;  // of the entries
  std::uint64_t known = 0;
  for (std::uint64_t at = region.start; at < region.end && scanned.bytes < options_.max_process_bytes;
       at += kPageBytes) {
    const std::uint64_t number = at / kPageBytes;
    if (number < first || number >= first + known) {
      const std::uint64_t wanted = std::min<std::uint64_t>(kPagesAtOnce, (region.end - at) / kPageBytes);
      const ssize_t got = ::pread(pagemap, entries.data(), wanted * 8, static_cast<off_t>(number * 8));
      if (got < 8) break;  // the process has ended
      first = number;
      known = static_cast<std::uint64_t>(got) / 8;
    }
    if ((entries[number - first] & kPresent) == 0) continue;
    const ssize_t count = ::pread(memory, page.data(), page.size(), static_cast<off_t>(at));
    if (count != static_cast<ssize_t>(page.size())) continue;
    WD_TRY(piece.add(page));
    scanned.bytes += page.size();
    if (piece.bytes < options_.max_piece_bytes) continue;
    if (WD_TRY(scan_piece(pid, piece, region, scanned))) return {};
    piece = {};
    // What lies across the cut is read once more, with what follows.
    at = std::max(region.start, at - std::min(at, kOverlapBytes));
  }
  if (piece.bytes > 0) WD_TRY(scan_piece(pid, piece, region, scanned));
  return {};
}

ScannedProcess MemoryScan::scan(pid_t pid) {
  ScannedProcess scanned;
  const std::string folder = "/proc/" + std::to_string(pid);
  std::array<char, 4096> program{};
  const ssize_t length = ::readlink((folder + "/exe").c_str(), program.data(), program.size() - 1);
  if (length < 0 && errno == ENOENT)
    return {skipped(fs::exists(folder) ? "a thread of the kernel" : "it has ended"), 0};
  if (is_ours(pid)) return {skipped("a program of Warder, which holds signatures"), 0};
  const auto smaps = read_file(folder + "/smaps", kMaxSmapsBytes);
  const UniqueFd memory(::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  const UniqueFd pagemap(::open((folder + "/pagemap").c_str(), O_RDONLY | O_CLOEXEC));
  if (!smaps || !memory.is_open() || !pagemap.is_open()) {
    if (!fs::exists(folder)) return {skipped("it has ended"), 0};
    return {
        {VerdictKind::Error, "", "", "its memory cannot be read: " + (smaps ? "not permitted" : smaps.error().message)},
        0};
  }
  scanned.verdict = {VerdictKind::Clean, "", "", ""};
  for (const MemoryRegion& region : regions_of(*smaps)) {
    const auto looked = scan_region(pid, memory.get(), pagemap.get(), region, scanned);
    if (!looked) return {{VerdictKind::Error, "", "", looked.error().message}, scanned.bytes};
    if (scanned.verdict.kind == VerdictKind::Infected) return scanned;
    if (scanned.bytes < options_.max_process_bytes) continue;
    if (scanned.verdict.kind == VerdictKind::Clean)
      scanned.verdict = skipped("clean so far, but only the first " + std::to_string(scanned.bytes >> 20U) +
                                " MB of its memory were looked at");
    return scanned;
  }
  if (scanned.verdict.kind == VerdictKind::Clean && std::string_view(program.data()).starts_with("/memfd:"))
    scanned.verdict = {VerdictKind::Suspicious, "heuristic", "memfd-program",
                       "the program runs from memory and is in no file system"};
  return scanned;
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error))
    if (const auto pid = parse_integer<pid_t>(entry.path().filename().string())) pids.push_back(*pid);
  std::sort(pids.begin(), pids.end());
  return pids;
}

}  // namespace warder::scanner
