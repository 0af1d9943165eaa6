#include "manager/backup_commands.h"

#include <cstdio>
#include <filesystem>

#include "base/json.h"
#include "manager/backup/postgres_tools.h"
#include "manager/backup/restore_tenant.h"
#include "manager/backup_jobs.h"
#include "manager/data_lock.h"
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

/// No manager may have the tenant open.
Result<UniqueFd> hold_alone(const Config& config) {
  UniqueFd data = WD_TRY(hold_data(config.data_directory, DataUse::Replace));
  if (config.database_url.empty()) return data;
  WD_TRY(check_not_connected(config.database_url, config.database_owner_url));
  for (const DatabaseServer& server : WD_TRY(further_servers(config)))
    WD_TRY(check_not_connected(server.url, server.owner_url).in("database_servers: " + server.name));
  return data;
}

/// Logins do not come back.
constexpr std::string_view kPassing[] = {"sessions", "passkey-challenges"};

/// The control database's part; returns what it had of the tenant before.
Result<std::optional<TenantCopy>> put_back(const Config& config, const TenantCopy& copy, crypto::KeyProvider& then) {
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const auto& schemas = installation->tenants->control_schemas();
  auto control = WD_TRY(installation->tenants->control().acquire());
  auto before = find_tenant_copy(WD_TRY(copy_tenants(*control, schemas)), copy.id.text());
  if (!before && before.error().code != ErrorCode::NotFound) return tl::unexpected(before.error());
  Tx transaction = WD_TRY(Tx::begin(*control));
  WD_TRY(put_tenant_back(*control, schemas, copy, {then, *installation->keys, kPassing}));
  WD_TRY(transaction.commit());
  return before ? std::optional(std::move(*before)) : std::nullopt;
}

/// The data could not be moved in: the tenant is as it was, or gone as it was.
Result<void> take_back(const Config& config, const TenantCopy& copy, const std::optional<TenantCopy>& before) {
  if (before) {
    const auto keys = WD_TRY(open_key_provider(config));
    WD_TRY(put_back(config, *before, *keys));
    return {};
  }
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const Timestamp now = installation->clock.now();
  WD_TRY(installation->tenants->change_terms(copy.id, [now](TenantTerms& terms) -> Result<void> {
    terms.deletion_due = now;
    return {};
  }));
  WD_TRY(installation->tenants->erase(copy.id, now));
  return {};
}

Result<void> note_tenant(Installation& installation, const TenantCopy& copy, const BackupContents& contents) {
  const json::object detail{
      {"backup", contents.header.id}, {"created", to_rfc3339(contents.header.created)}, {"name", copy.name}};
  const TenantScope first = WD_TRY(installation.first_tenant("job:command-line"));
  const TenantScope own = WD_TRY(installation.scopes.make(copy.id, "job:command-line"));
  const std::string object = "tenant:" + copy.id.text();
  WD_TRY(installation.audit.append(own, "tenant.restore", object, AuditOutcome::Success, detail));
  if (own.tenant() != first.tenant())
    WD_TRY(installation.audit.append(first, "tenant.restore", object, AuditOutcome::Success, detail));
  return {};
}

Result<void> restore_one(const BackupArguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  const auto root = WD_TRY(open_root_key(arguments.root_key, config));
  const UniqueFd data = WD_TRY(hold_alone(config));
  const BackupSource target = WD_TRY(backup_target(config));
  const auto staged = WD_TRY(StagedTenant::stage(arguments.file, *root, target, arguments.tenant).in("restore"));
  const auto before = WD_TRY(put_back(config, staged->copy(), *root).in("restore"));
  if (const auto moved = staged->move_in(); !moved) {
    const auto undone = take_back(config, staged->copy(), before);
    return fail(moved.error().code, "restore: " + moved.error().message +
                                        (undone ? "; the tenant is as it was" : "; and: " + undone.error().message));
  }
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const TenantScope scope = WD_TRY(installation->scopes.make(staged->copy().id, "job:command-line"));
  const AuditVerification found = WD_TRY(installation->audit.verify(scope));
  if (!found.intact) return fail(ErrorCode::Corrupt, "restored, and the audit log is broken: " + found.detail);
  WD_TRY(note_tenant(*installation, staged->copy(), staged->contents()));
  if (arguments.json) {
    print(json::serialize(json::object{{"tenant", staged->copy().name},
                                       {"id", staged->copy().id.text()},
                                       {"backup", staged->contents().header.id},
                                       {"created", to_rfc3339(staged->contents().header.created)},
                                       {"audit_entries", found.entries}}));
    return {};
  }
  print("restored tenant " + staged->copy().name + " as of " + to_rfc3339(staged->contents().header.created));
  print("audit    verified, " + std::to_string(found.entries) + " entries");
  return {};
}

}  // namespace

Result<void> backup_create(const BackupArguments& arguments) {
  const Config config = WD_TRY(load_config(arguments.config));
  const auto installation = WD_TRY(Installation::open(config, OpenMode::Existing));
  const BackupSource source = WD_TRY(backup_source(*installation));
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
  if (!arguments.tenant.empty()) return restore_one(arguments);
  const Config config = WD_TRY(load_config(arguments.config));
  const auto root = WD_TRY(open_root_key(arguments.root_key, config));
  const BackupSource target = WD_TRY(backup_target(config));
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
