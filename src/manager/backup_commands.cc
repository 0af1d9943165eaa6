#include "manager/backup_commands.h"

#include <cstdio>
#include <filesystem>

#include "base/json.h"
#include "manager/backup_jobs.h"
#include "manager/installation.h"
#include "manager/key_providers.h"

namespace warder::manager {
namespace {

void print(std::string_view line) {
  std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
}

/// The file that is given, else the provider of the settings. Never makes a file: a new root key opens nothing.
Result<std::unique_ptr<crypto::KeyProvider>> open_root_key(const std::string& file, const Config& config) {
  if (file.empty() && (config.key_provider != "file" || has_keys(config))) return open_key_provider(config);
  std::error_code ignored;
  if (file.empty())
    return fail(ErrorCode::NotFound, "there is no root key here; give the file that you keep with --root-key");
  if (!std::filesystem::exists(file, ignored)) return fail(ErrorCode::NotFound, file + ": there is no root key");
  return crypto::make_sealed_file_provider(file);
}

json::object to_json(const BackupContents& contents) {
  json::array parts;
  for (const ArchivePart& part : contents.parts)
    parts.push_back(json::object{{"name", part.name}, {"bytes", part.bytes}, {"sha256", part.sha256}});
  return {{"file", contents.file.string()},
          {"id", contents.header.id},
          {"created", to_rfc3339(contents.header.created)},
          {"version", contents.header.version},
          {"store", contents.header.store},
          {"bytes", contents.bytes},
          {"parts", std::move(parts)}};
}

void print_contents(const BackupContents& contents) {
  for (const ArchivePart& part : contents.parts)
    print(part.sha256 + "  " + std::to_string(part.bytes) + "  " + part.name);
  print("backup   " + contents.file.string());
  print("made     " + to_rfc3339(contents.header.created) + " by version " + contents.header.version);
  print("size     " + std::to_string(contents.bytes) + " bytes, " + std::to_string(contents.parts.size()) + " parts");
}

Result<void> note(Installation& installation, std::string_view action, const BackupContents& contents) {
  const TenantScope scope = WD_TRY(installation.first_tenant("job:command-line"));
  WD_TRY(installation.audit.append(
      scope, action, "backup:" + contents.header.id, AuditOutcome::Success,
      {{"created", to_rfc3339(contents.header.created)}, {"bytes", contents.bytes}, {"parts", contents.parts.size()}}));
  return {};
}

/// Says what is wrong with each audit log, and fails when something is.
Result<json::array> verify_audits(Installation& installation) {
  json::array logs;
  std::string broken;
  for (const Tenant& tenant : installation.tenants->list()) {
    const TenantScope scope = WD_TRY(installation.scopes.make(tenant.id, "job:command-line"));
    const AuditVerification found = WD_TRY(installation.audit.verify(scope).in("tenant " + tenant.name));
    logs.push_back(json::object{{"tenant", tenant.name}, {"intact", found.intact}, {"entries", found.entries}});
    if (!found.intact) broken += (broken.empty() ? "" : "; ") + tenant.name + ": " + found.detail;
  }
  if (!broken.empty()) return fail(ErrorCode::Corrupt, "restored, and the audit log is broken: " + broken);
  return logs;
}

}  // namespace

Result<void> backup_create(const BackupArguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const BackupSource source = WD_TRY(backup_source(config));
  const BackupContents made =
      WD_TRY(create_backup(source, arguments.directory, *installation->keys, installation->clock.now()).in("backup"));
  WD_TRY(note(*installation, "backup.create", made));
  std::vector<std::filesystem::path> removed;
  if (arguments.keep > 0)
    removed = WD_TRY(remove_old_backups(arguments.directory, static_cast<std::size_t>(arguments.keep)));
  if (arguments.json) {
    json::object said = to_json(made);
    json::array gone;
    for (const std::filesystem::path& file : removed) gone.emplace_back(file.string());
    said["removed"] = std::move(gone);
    print(json::serialize(said));
    return {};
  }
  print_contents(made);
  for (const std::filesystem::path& file : removed) print("removed  " + file.string());
  return {};
}

Result<void> backup_verify(const BackupArguments& arguments) {
  const Config config = arguments.root_key.empty() ? WD_TRY(load_config(arguments.config)) : Config{};
  const auto root = WD_TRY(open_root_key(arguments.root_key, config));
  const BackupContents found = WD_TRY(verify_backup(arguments.file, *root));
  if (arguments.json) {
    print(json::serialize(to_json(found)));
  } else {
    print_contents(found);
    print("intact");
  }
  return {};
}

Result<void> backup_restore(const BackupArguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  const auto root = WD_TRY(open_root_key(arguments.root_key, config));
  const BackupSource target = WD_TRY(backup_source(config));
  const BackupContents restored =
      WD_TRY(restore_backup(arguments.file, *root, target, arguments.root_key).in("restore"));
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  json::array logs = WD_TRY(verify_audits(*installation));
  WD_TRY(note(*installation, "backup.restore", restored));
  if (arguments.json) {
    json::object said = to_json(restored);
    said["audit"] = std::move(logs);
    print(json::serialize(said));
    return {};
  }
  print_contents(restored);
  print("restored " + config.data_directory);
  print("audit    " + std::to_string(logs.size()) + " logs verified");
  return {};
}

}  // namespace warder::manager
