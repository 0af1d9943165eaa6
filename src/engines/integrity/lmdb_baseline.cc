#include "engines/integrity/lmdb_baseline.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <charconv>
#include <mutex>

#include "base/file.h"
#include "base/text.h"
#include "engines/integrity/lmdb_store.h"

namespace warder::integrity {
namespace {

constexpr std::size_t kHashBytes = 16;
constexpr std::size_t kMaxMaps = 4 << 20;
constexpr std::size_t kHintBytes = 8;  // of the directory hash, in the table of inodes
// Address space, not memory: room for some 50 million files.
constexpr std::size_t kMapBytes = std::size_t{16} << 30;

Bytes copy(const MDB_val& value) {
  const ByteView bytes = view(value);
  return {bytes.begin(), bytes.end()};
}

Bytes directory_key(std::string_view directory) {
  const auto digest = crypto::sha256(as_bytes(directory));
  return {digest.begin(), digest.begin() + kHashBytes};
}
Bytes entity_key(std::string_view path) {
  Bytes key = directory_key(host::parent_of(path));
  append(key, as_bytes(host::base_of(path)));
  return key;
}
// Two files may share one: whoever looks them up compares.
Bytes inode_key(const host::FileStat& stat) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15U;  // 2^64 / golden ratio
  Bytes key;
  append_u64be(key, stat.inode ^ (stat.device * kOdd));
  return key;
}
Bytes inode_value(ByteView entity_key) {
  Bytes value(entity_key.begin(), entity_key.begin() + kHintBytes);
  append(value, entity_key.subspan(kHashBytes));
  return value;
}

void append_block(Bytes& out, ByteView block) {
  append_u32be(out, static_cast<std::uint32_t>(block.size()));
  append(out, block);
}
Result<ByteView> read_block(Reader& reader) {
  return reader.take(WD_TRY(reader.u32be()));
}

Bytes encode_report(const PendingReport& report) {
  Bytes out;
  append_block(out, as_bytes(report.event));
  for (const BaselineChange& change : report.changes) {
    append_block(out, as_bytes(change.path));
    append_block(out, change.entity ? ByteView(encode(*change.entity)) : ByteView());
  }
  return out;
}

Result<PendingReport> decode_report(ByteView bytes) {
  Reader reader(bytes);
  PendingReport report;
  report.event = as_text(WD_TRY(read_block(reader)));
  while (!reader.is_at_end()) {
    BaselineChange change;
    change.path = as_text(WD_TRY(read_block(reader)));
    const ByteView entity = WD_TRY(read_block(reader));
    if (!entity.empty()) change.entity = WD_TRY(decode_entity(entity));
    report.changes.push_back(std::move(change));
  }
  return report;
}

// The pages of the map that were touched count as ours; the file has them, so the kernel may have them back. LMDB tells
// where its map is only when that was asked for, so the kernel is asked: "start-end r--s offset device inode path".
void give_back(MDB_env* environment) {
  mdb_filehandle_t fd = -1;
  struct stat stat {};
  if (mdb_env_get_fd(environment, &fd) != 0 || ::fstat(fd, &stat) != 0) return;
  const auto maps = read_file("/proc/self/maps", kMaxMaps);
  if (!maps) return;
  for (const std::string_view line : split(*maps, '\n')) {
    const auto words = split(line, ' ');
    // Only of a shared map is nothing lost.
    if (words.size() < 5 || !words[1].ends_with('s') || words[4] != std::to_string(stat.st_ino)) continue;
    std::uintptr_t start = 0;
    std::uintptr_t end = 0;
    const auto dash = words[0].find('-');
    if (dash == std::string_view::npos) continue;
    std::from_chars(words[0].data(), words[0].data() + dash, start, 16);
    std::from_chars(words[0].data() + dash + 1, words[0].data() + words[0].size(), end, 16);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): as the kernel wrote it
    if (start != 0 && end > start) ::madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
  }
}

class LmdbBaseline final : public Baseline {
 public:
  LmdbBaseline(Environment environment, const Tables& tables, bool locks_itself)
      : environment_(std::move(environment)), tables_(tables), locks_itself_(locks_itself) {}

  Result<std::optional<Entity>> find(const std::string& path) const override;
  Result<void> for_each_child(const std::string& directory,
                              const std::function<bool(std::string_view, const Entity&)>& each) const override;
  Result<void> for_each_stored(const std::string& directory,
                               const std::function<bool(std::string_view, ByteView)>& each) const override;
  Result<std::vector<std::string>> directories() const override;
  Result<std::vector<std::string>> paths_of(const host::FileStat& stat) const override;
  Result<std::uint64_t> count() const override { return WD_TRY(reading()).count(Entities); }
  Result<void> add(const std::vector<NewChildren>& children) override;
  Result<void> apply(const std::vector<BaselineChange>& changes) override;
  void relax() noexcept override;
  Result<void> begin(const std::vector<PendingReport>& reports, const std::vector<BaselineChange>& silent) override;
  Result<std::vector<PendingReport>> pending() const override;
  Result<void> commit(const std::optional<std::string>& scope) override;
  Result<std::string> scope() const override;
  Result<std::string> list(const std::string& name) const override;
  Result<void> set_list(const std::string& name, const std::string& text) override;
  Result<SealState> seal(ByteView key) override;

 private:
  Result<Transaction> reading() const { return Transaction::begin(environment_.get(), tables_, true, alone()); }
  Result<Transaction> writing();
  std::unique_lock<std::mutex> alone() const {
    return locks_itself_ ? std::unique_lock(mutex_) : std::unique_lock<std::mutex>();
  }

  Environment environment_;
  Tables tables_;
  bool locks_itself_;
  mutable std::mutex mutex_;  // in place of LMDB's own locks, where a writer opened the file without them
  std::mutex write_mutex_;    // else: held by whoever writes; guards sealing_
  std::unique_ptr<Sealing> sealing_;
};

Result<Transaction> LmdbBaseline::writing() {
  std::unique_lock lock(locks_itself_ ? mutex_ : write_mutex_);
  auto transaction = WD_TRY(Transaction::begin(environment_.get(), tables_, false, std::move(lock), sealing_.get()));
  if (sealing_) return transaction;
  const auto stored = WD_TRY(transaction.get(Meta, as_bytes(kSealKey)));
  if (stored) WD_TRY(transaction.put(Meta, as_bytes(kSealKey), as_bytes(kOpenSeal)));
  return transaction;
}

Result<SealState> LmdbBaseline::seal(ByteView key) {
  auto sealing = std::make_unique<Sealing>(Sealing{SetSeal(key)});
  std::unique_lock lock(locks_itself_ ? mutex_ : write_mutex_);
  auto transaction = WD_TRY(Transaction::begin(environment_.get(), tables_, false, std::move(lock)));
  const auto stored = WD_TRY(transaction.get(Meta, as_bytes(kSealKey)));
  const Bytes seal = stored ? copy(*stored) : Bytes();
  const bool is_new = WD_TRY(transaction.count(Entities)) == 0;
  WD_TRY(transaction.seal_all(*sealing));
  SealState state = SealState::Intact;
  if (!stored) {
    state = is_new ? SealState::New : SealState::Missing;
  } else if (as_text(seal) == kOpenSeal) {
    state = SealState::Open;
  } else if (!sealing->seal.matches(transaction.sum(), seal)) {
    state = SealState::Broken;
  }
  WD_TRY(transaction.commit());
  sealing_ = std::move(sealing);
  return state;
}

Result<std::vector<PendingReport>> read_reports(const Transaction& transaction) {
  std::vector<PendingReport> reports;
  WD_TRY(transaction.for_each(Reports, {}, [&](ByteView, const MDB_val& value) -> Result<bool> {
    reports.push_back(WD_TRY(decode_report(view(value))));
    return true;
  }));
  return reports;
}

Result<void> remove_entity(Transaction& transaction, ByteView key) {
  const auto stored = WD_TRY(transaction.get(Entities, key));
  if (!stored) return {};
  const Entity old = WD_TRY(decode_entity(view(*stored)));
  WD_TRY(transaction.remove(Inodes, inode_key(old.stat), inode_value(key)));
  return transaction.remove(Entities, key);
}

Result<void> forget_if_empty(Transaction& transaction, ByteView directory) {
  bool is_empty = true;
  WD_TRY(transaction.for_each(Entities, directory, [&](ByteView, const MDB_val&) -> Result<bool> {
    is_empty = false;
    return false;
  }));
  return is_empty ? transaction.remove(Directories, directory) : Result<void>();
}

Result<void> apply_to(Transaction& transaction, const BaselineChange& change) {
  const Bytes key = entity_key(change.path);
  const ByteView directory = ByteView(key).first(kHashBytes);
  WD_TRY(remove_entity(transaction, key));
  if (!change.entity) return forget_if_empty(transaction, directory);
  WD_TRY(transaction.put(Entities, key, encode(*change.entity)));
  WD_TRY(transaction.put(Inodes, inode_key(change.entity->stat), inode_value(key), MDB_NODUPDATA));
  return transaction.put(Directories, directory, as_bytes(host::parent_of(change.path)), MDB_NOOVERWRITE);
}

Result<std::optional<Entity>> LmdbBaseline::find(const std::string& path) const {
  const Transaction transaction = WD_TRY(reading());
  const auto stored = WD_TRY(transaction.get(Entities, entity_key(path)));
  if (!stored) return std::optional<Entity>();
  return std::optional<Entity>(WD_TRY(decode_entity(view(*stored)).in(path)));
}

Result<void> LmdbBaseline::for_each_child(const std::string& directory,
                                          const std::function<bool(std::string_view, const Entity&)>& each) const {
  const Transaction transaction = WD_TRY(reading());
  const Bytes prefix = directory_key(directory);
  return transaction.for_each(Entities, prefix, [&](ByteView key, const MDB_val& value) -> Result<bool> {
    const Entity entity = WD_TRY(decode_entity(view(value)).in(directory));
    return each(as_text(key.subspan(kHashBytes)), entity);
  });
}

Result<void> LmdbBaseline::for_each_stored(const std::string& directory,
                                           const std::function<bool(std::string_view, ByteView)>& each) const {
  const Transaction transaction = WD_TRY(reading());
  return transaction.for_each(Entities, directory_key(directory), [&](ByteView key, const MDB_val& value) {
    return Result<bool>(each(as_text(key.subspan(kHashBytes)), view(value)));
  });
}

Result<std::vector<std::string>> LmdbBaseline::directories() const {
  const Transaction transaction = WD_TRY(reading());
  std::vector<std::string> paths;
  WD_TRY(transaction.for_each(Directories, {}, [&](ByteView, const MDB_val& value) -> Result<bool> {
    paths.emplace_back(as_text(view(value)));
    return true;
  }));
  return paths;
}

Result<std::vector<std::string>> LmdbBaseline::paths_of(const host::FileStat& stat) const {
  const Transaction transaction = WD_TRY(reading());
  std::vector<std::string> paths;
  const Bytes inode = inode_key(stat);
  WD_TRY(transaction.for_each(Inodes, inode, [&](ByteView, const MDB_val& value) -> Result<bool> {
    const Bytes place = copy(value);
    if (place.size() < kHintBytes) return fail(ErrorCode::Corrupt, "baseline: inode entry is too short");
    const ByteView name = ByteView(place).subspan(kHintBytes);
    const auto add = [&](ByteView directory, const MDB_val& path) -> Result<bool> {
      Bytes key(directory.begin(), directory.end());
      append(key, name);
      const auto stored = WD_TRY(transaction.get(Entities, key));
      if (!stored) return true;
      const Entity entity = WD_TRY(decode_entity(view(*stored)));
      if (entity.stat.inode == stat.inode && entity.stat.device == stat.device)
        paths.push_back(host::join(as_text(view(path)), as_text(name)));
      return true;
    };
    WD_TRY(transaction.for_each(Directories, ByteView(place).first(kHintBytes), add));
    return true;
  }));
  return paths;
}

Result<void> LmdbBaseline::add(const std::vector<NewChildren>& children) {
  Transaction transaction = WD_TRY(writing());
  for (const NewChildren& each : children) {
    Bytes key = directory_key(each.directory);
    WD_TRY(transaction.put(Directories, key, as_bytes(each.directory), MDB_NOOVERWRITE));
    for (const auto& [name, entity] : each.entries) {
      key.resize(kHashBytes);
      append(key, as_bytes(name));
      WD_TRY(transaction.put(Entities, key, encode(entity)));
      WD_TRY(transaction.put(Inodes, inode_key(entity.stat), inode_value(key), MDB_NODUPDATA));
    }
  }
  return transaction.commit();
}

void LmdbBaseline::relax() noexcept {
  give_back(environment_.get());
}

Result<void> LmdbBaseline::apply(const std::vector<BaselineChange>& changes) {
  Transaction transaction = WD_TRY(writing());
  for (const BaselineChange& change : changes) WD_TRY(apply_to(transaction, change));
  return transaction.commit();
}

Result<void> LmdbBaseline::begin(const std::vector<PendingReport>& reports, const std::vector<BaselineChange>& silent) {
  Transaction transaction = WD_TRY(writing());
  for (const BaselineChange& change : silent) WD_TRY(apply_to(transaction, change));
  auto number = static_cast<std::uint32_t>(WD_TRY(transaction.count(Reports)));
  for (const PendingReport& report : reports) {
    Bytes key;
    append_u32be(key, number++);
    WD_TRY(transaction.put(Reports, key, encode_report(report)));
  }
  return transaction.commit();
}

Result<std::vector<PendingReport>> LmdbBaseline::pending() const {
  return read_reports(WD_TRY(reading()));
}

Result<void> LmdbBaseline::commit(const std::optional<std::string>& scope) {
  Transaction transaction = WD_TRY(writing());
  for (const PendingReport& report : WD_TRY(read_reports(transaction)))
    for (const BaselineChange& change : report.changes) WD_TRY(apply_to(transaction, change));
  WD_TRY(transaction.clear(Reports));
  if (scope) WD_TRY(transaction.put(Meta, as_bytes("scope"), as_bytes(*scope)));
  return transaction.commit();
}

Result<std::string> LmdbBaseline::scope() const {
  const Transaction transaction = WD_TRY(reading());
  const auto stored = WD_TRY(transaction.get(Meta, as_bytes("scope")));
  return stored ? std::string(as_text(view(*stored))) : std::string();
}

Result<std::string> LmdbBaseline::list(const std::string& name) const {
  const Transaction transaction = WD_TRY(reading());
  const auto stored = WD_TRY(transaction.get(Meta, as_bytes("list/" + name)));
  return stored ? std::string(as_text(view(*stored))) : std::string();
}

Result<void> LmdbBaseline::set_list(const std::string& name, const std::string& text) {
  Transaction transaction = WD_TRY(writing());
  WD_TRY(transaction.put(Meta, as_bytes("list/" + name), as_bytes(text)));
  return transaction.commit();
}

Result<Tables> open_tables(MDB_env* environment, bool is_read_only) {
  MDB_txn* transaction = nullptr;
  WD_TRY(check_lmdb(mdb_txn_begin(environment, nullptr, is_read_only ? MDB_RDONLY : 0U, &transaction), "begin"));
  Tables tables{};
  for (std::size_t i = 0; i < kTableNames.size(); ++i) {
    const unsigned flags = (is_read_only ? 0U : unsigned{MDB_CREATE}) | (i == Inodes ? unsigned{MDB_DUPSORT} : 0U);
    const auto opened = check_lmdb(mdb_dbi_open(transaction, kTableNames[i], flags, &tables[i]), kTableNames[i]);
    if (opened) continue;
    mdb_txn_abort(transaction);
    return fail(opened.error());
  }
  WD_TRY(check_lmdb(mdb_txn_commit(transaction), "commit"));
  return tables;
}

struct Opened {
  Environment environment;
  Tables tables{};
};

Result<Opened> open_environment(const std::filesystem::path& file, unsigned flags) {
  MDB_env* raw = nullptr;
  WD_TRY(check_lmdb(mdb_env_create(&raw), "create"));
  Environment environment(raw);
  WD_TRY(check_lmdb(mdb_env_set_maxdbs(raw, static_cast<MDB_dbi>(kTableNames.size())), "tables"));
  WD_TRY(check_lmdb(mdb_env_set_mapsize(raw, kMapBytes), "size"));
  WD_TRY(check_lmdb(mdb_env_open(raw, file.c_str(), MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD | flags, 0600),
                    file.native()));
  int dead_readers = 0;
  if ((flags & MDB_NOLOCK) == 0) WD_TRY(check_lmdb(mdb_reader_check(raw, &dead_readers), "readers"));
  const Tables tables = WD_TRY(open_tables(raw, (flags & MDB_RDONLY) != 0));
  return Opened{std::move(environment), tables};
}

Result<std::unique_ptr<Baseline>> open_file(const std::filesystem::path& file, unsigned flags) {
  Opened opened = WD_TRY(open_environment(file, flags));
  const bool locks_itself = (flags & MDB_NOLOCK) != 0 && (flags & MDB_RDONLY) == 0;
  return std::unique_ptr<Baseline>(
      std::make_unique<LmdbBaseline>(std::move(opened.environment), opened.tables, locks_itself));
}

// What was written in order fills its pages; what was written as it came leaves a third of them empty.
Result<void> copy_in_order(const Transaction& from, MDB_env* source, const Opened& to, Table table) {
  constexpr std::size_t kBatch = 20'000;  // the pages of one transaction are in memory
  auto writing = WD_TRY(Transaction::begin(to.environment.get(), to.tables, false));
  std::size_t count = 0;
  WD_TRY(from.for_each(table, {}, [&](ByteView key, const MDB_val& value) -> Result<bool> {
    WD_TRY(writing.put(table, key, view(value), table == Inodes ? MDB_APPENDDUP : MDB_APPEND));
    if (++count % kBatch != 0) return true;
    WD_TRY(writing.commit());
    give_back(to.environment.get());
    give_back(source);
    writing.replace(WD_TRY(Transaction::begin(to.environment.get(), to.tables, false)));
    return true;
  }));
  return writing.commit();
}

}  // namespace

Result<std::unique_ptr<Baseline>> open_lmdb_baseline(const std::filesystem::path& directory) {
  return open_file(directory / "baseline.mdb", 0);
}

Result<std::unique_ptr<Baseline>> open_lmdb_baseline_file(const std::filesystem::path& file, LmdbUse use) {
  switch (use) {
    case LmdbUse::ReadOnly:
      return open_file(file, MDB_RDONLY | MDB_NOLOCK);
    case LmdbUse::Bulk:
      return open_file(file, MDB_NOSYNC | MDB_NOLOCK);
  }
  return fail(ErrorCode::Internal, "baseline: unknown use");
}

Result<void> compact_lmdb_baseline_file(const std::filesystem::path& file, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::remove(to, error);
  const Opened source = WD_TRY(open_environment(file, MDB_RDONLY | MDB_NOLOCK));
  const Opened target = WD_TRY(open_environment(to, MDB_NOSYNC | MDB_NOLOCK));
  const auto reading = WD_TRY(Transaction::begin(source.environment.get(), source.tables, true));
  for (const Table table : {Entities, Directories, Inodes, Reports, Meta})
    WD_TRY(copy_in_order(reading, source.environment.get(), target, table).in(to.native()));
  return {};
}

Result<void> discard_lmdb_baseline(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::rename(directory / "baseline.mdb", directory / "baseline.mdb.damaged", error);
  if (error && error != std::errc::no_such_file_or_directory) return fail_errno("baseline.mdb", error.value());
  std::filesystem::remove(directory / "baseline.mdb-lock", error);
  return {};
}

}  // namespace warder::integrity
