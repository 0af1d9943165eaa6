#include "cli/audit_export.h"

#include <istream>

#include "base/json.h"

namespace warder::cli {
namespace {

constexpr std::size_t kMaxLine = 2 << 20;

class ExportReader {
 public:
  explicit ExportReader(const AuditPins& pins) : pins_(pins) {
    check_.key = pins.key;
    check_.is_key_pinned = pins.key.has_value();
  }

  /// False at the first finding.
  bool take(const std::string& line) {
    const auto value = parse_json(line, kMaxLine);
    const json::object* const object = value ? value->if_object() : nullptr;
    if (object == nullptr || object->size() != 1) return find("a line is not of an export");
    const auto& [member, content] = *object->begin();
    const json::string* const text = content.if_string();
    if (member == "entry" && content.is_object()) return take_entry(content.get_object());
    if (member == "key" && text != nullptr) return take_key(*text);
    if (member == "checkpoint" && text != nullptr) return take_checkpoint(*text);
    if (member == "problem" && text != nullptr) return find(std::string{*text});
    return find("a line is not of an export");
  }

  AuditExportCheck finish() && {
    if (is_finding_) return std::move(check_);
    if (check_.entries == 0 || last_checkpoint_ != check_.entries) {
      find("the file ends before a checkpoint of all its entries");
    } else if (!pins_.checkpoint.empty() && !is_pin_met_) {
      find("the list is shorter than the checkpoint that is known");
    } else {
      check_.intact = true;
      check_.first_bad_index.reset();
    }
    check_.root = edge_.root();
    return std::move(check_);
  }

  /// Needs the key: of the file when none is pinned.
  Result<void> read_pin() {
    if (pins_.checkpoint.empty() || !check_.key) return {};
    pinned_ = WD_TRY(crypto::open_checkpoint(pins_.checkpoint, *check_.key).in("the known checkpoint"));
    return {};
  }
  [[nodiscard]] bool has_key() const { return check_.key.has_value(); }

 private:
  bool find(std::string detail) {
    is_finding_ = true;
    check_.root = edge_.root();
    check_.first_bad_index = check_.entries + 1;
    check_.detail = std::move(detail);
    return false;
  }

  bool take_key(std::string_view text) {
    const auto key = crypto::NoteKey::parse(text);
    if (!key) return find(key.error().message);
    if (pins_.key && *key != *pins_.key) return find("the file is signed with another key than the one given");
    if (check_.key && *key != *check_.key) return find("the file has two keys");
    check_.key = *key;
    return true;
  }

  bool take_entry(const json::object& entry) {
    const auto index = get_int(entry, "index");
    if (!index || *index != check_.entries + 1) return find("this entry is missing");
    edge_.append(crypto::merkle_leaf(as_bytes(canonical_json(entry))));
    check_.entries = *index;
    if (!pinned_ || pinned_->head.size != edge_.size()) return true;
    is_pin_met_ = pinned_->head.root == edge_.root();
    return is_pin_met_ ||
           find_at_last("the entries are not those of the checkpoint that is known: the list has forked");
  }

  bool take_checkpoint(std::string_view note) {
    if (!check_.key) return find("a checkpoint before the key");
    const auto checkpoint = crypto::open_checkpoint(note, *check_.key);
    if (!checkpoint) return find_at_last(checkpoint.error().message);
    if (checkpoint->head.size > edge_.size()) return find("this entry is missing");
    if (checkpoint->head != crypto::MerkleHead{edge_.size(), edge_.root()})
      return find_at_last("the entries are not those that the checkpoint was signed for");
    last_checkpoint_ = check_.entries;
    ++check_.checkpoints;
    return true;
  }

  /// Somewhere among the entries since the last checkpoint; the last one is named.
  bool find_at_last(std::string detail) {
    find(std::move(detail));
    check_.first_bad_index = check_.entries;
    return false;
  }

  const AuditPins& pins_;
  AuditExportCheck check_;
  crypto::MerkleEdge edge_;
  std::optional<crypto::Checkpoint> pinned_;
  std::int64_t last_checkpoint_ = 0;
  bool is_pin_met_ = false;
  bool is_finding_ = false;
};

}  // namespace

Result<AuditExportCheck> check_audit_export(std::istream& file, const AuditPins& pins) {
  ExportReader reader(pins);
  bool is_pin_read = false;
  std::string line;
  while (std::getline(file, line)) {
    const bool is_cut_off = file.eof();  // no newline at its end
    if (is_cut_off || line.size() > kMaxLine) line = "{}";
    if (!reader.take(line)) return std::move(reader).finish();
    if (is_pin_read || !reader.has_key()) continue;
    WD_TRY(reader.read_pin());
    is_pin_read = true;
  }
  if (file.bad()) return fail(ErrorCode::Unavailable, "the file cannot be read");
  return std::move(reader).finish();
}

}  // namespace warder::cli
