// The operator's own hosts: what listens there, how old the program is, whether there is a backup; and the agents'
// certificates.
#include <algorithm>
#include <array>
#include <filesystem>

#include "base/address.h"
#include "base/text.h"
#include "manager/trust/checks.h"

namespace warder::manager {
namespace {

using std::chrono::days;

constexpr days kLeastLife{3};
constexpr days kInUse{1};          // an agent that was seen since
constexpr days kOldestProgram{8};  // a week, and a day to do it

struct PlainService {
  std::string_view name;  // as inventory has it
  std::string_view protocol;
};
/// What speaks without TLS on its registered port (IANA), or does so unless it is told otherwise.
constexpr auto kPlain = std::to_array<PlainService>({
    {"tcp/21", "FTP"},    {"tcp/23", "Telnet"},  {"udp/69", "TFTP"},         {"tcp/80", "HTTP"},
    {"tcp/110", "POP3"},  {"tcp/143", "IMAP"},   {"udp/161", "SNMP"},        {"tcp/389", "LDAP"},
    {"tcp/512", "rexec"}, {"tcp/513", "rlogin"}, {"tcp/514", "rsh"},         {"udp/514", "syslog"},
    {"tcp/873", "rsync"}, {"tcp/2049", "NFS"},   {"tcp/5900", "VNC"},        {"tcp/6379", "Redis"},
    {"tcp/8080", "HTTP"}, {"tcp/9200", "HTTP"},  {"tcp/11211", "memcached"}, {"udp/11211", "memcached"},
});

bool is_loopback(std::string_view text) {
  const auto address = parse_ip(text);
  return address && address->is_loopback();
}

Result<std::vector<StoredItem>> sockets_of(const CheckParts& parts, const TenantScope& scope) {
  std::vector<StoredItem> all;
  PageRequest page{500, {}};
  do {
    auto some = WD_TRY(parts.inventory.list(scope, inventory::Kind::Socket, {}, page));
    std::ranges::move(some.items, std::back_inserter(all));
    page.cursor = some.next_cursor.value_or("");
  } while (!page.cursor.empty());
  return all;
}

}  // namespace

Result<CheckOutcome> check_listeners(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const auto sockets = WD_TRY(sockets_of(parts, WD_TRY(parts.center.scope())));
  if (sockets.empty()) return fail(ErrorCode::Unavailable, "no agent has told what listens on the operator's hosts");
  for (const StoredItem& each : sockets) {
    if (is_loopback(inventory::attribute(each.item, "address"))) continue;
    const auto plain = std::ranges::find(kPlain, each.item.name, &PlainService::name);
    if (plain != kPlain.end())
      return failed(each.hostname + ": " + each.item.name + " (" + std::string(plain->protocol) + ") listens");
  }
  return passed(std::to_string(sockets.size()) + " listeners, none of a protocol without encryption");
}

Result<CheckOutcome> check_agent_certificates(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const Timestamp least = parts.clock.now() + kLeastLife;
  Ratio ratio;
  std::string ending;
  for (const TenantScope& scope : every_tenant(parts)) {
    for (const Agent& agent : WD_TRY(all_agents(parts, scope))) {
      const bool is_in_use = agent.last_seen && *agent.last_seen + kInUse >= parts.clock.now();
      if (!is_in_use || !agent.certificate_expires) continue;
      ++ratio.all;
      if (*agent.certificate_expires >= least)
        ++ratio.good;
      else
        ending = agent.id.text();
    }
  }
  if (ratio.all == 0) return fail(ErrorCode::Unavailable, "no agent was seen within a day");
  if (!ending.empty()) return failed("agent " + ending + ": its certificate ends within three days", ratio);
  return passed(std::to_string(ratio.all) + " agents' certificates hold", ratio);
}

Result<CheckOutcome> check_program_age(const CheckParts& parts, const std::stop_token& /*stop*/) {
  std::error_code error;
  const auto written = std::filesystem::last_write_time(parts.program, error);
  if (error) return fail(ErrorCode::Unavailable, "the program's file cannot be looked at: " + error.message());
  const auto built = std::chrono::file_clock::to_sys(written);
  const auto age = std::chrono::floor<days>(parts.clock.now() - built);
  if (age >= kOldestProgram) return failed("the program is " + std::to_string(age.count()) + " days old");
  return passed("the program is " + std::to_string(age.count()) + " days old");
}

Result<CheckOutcome> check_backups(const CheckParts& parts, const std::stop_token& /*stop*/) {
  if (parts.backup_every.count() == 0) return failed("no backups are made by the clock");
  const auto runs = WD_TRY(parts.backups.runs());
  const auto good = std::ranges::find_if(
      runs, [](const BackupRun& run) { return run.task == BackupTask::Create && run.ended && run.error.empty(); });
  if (good == runs.end()) return failed("there is no backup");
  if (*good->ended + parts.backup_every + std::chrono::hours(2) < parts.clock.now())
    return failed("the last backup is of " + to_rfc3339(*good->ended));
  const auto files = WD_TRY(parts.backups.files());
  const auto file = std::ranges::find(files, good->file, &BackupFile::name);
  if (file == files.end()) return failed("the last backup is gone");
  if (file->bytes != good->bytes) return failed("the last backup has another size than it was made with");
  if (!file->verified) return fail(ErrorCode::Unavailable, "the last backup was not read back yet");
  if (!file->verified->error.empty()) return failed("the last backup does not verify: " + file->verified->error);
  return passed("the last backup is of " + to_rfc3339(*good->ended) + " and was read back whole");
}

}  // namespace warder::manager
