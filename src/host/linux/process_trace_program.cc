#include "host/linux/process_trace_program.h"

#include <bpf/btf.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace warder::host {
namespace {

constexpr std::uint32_t kNoLogin = 0xffffffff;
constexpr int kMaxNesting = 8;

/// Bytes from the start of a structure to a field, which may be in an unnamed structure within.
std::optional<std::uint32_t> offset_in(const btf& types, std::uint32_t id, std::string_view field, int depth = 0) {
  const btf_type* type = btf__type_by_id(&types, id);
  if (type == nullptr || !btf_is_composite(type) || depth > kMaxNesting) return std::nullopt;
  for (std::uint32_t i = 0; i < btf_vlen(type); ++i) {
    const btf_member& member = btf_members(type)[i];
    const std::string_view name = btf__name_by_offset(&types, member.name_off);
    const std::uint32_t offset = btf_member_bit_offset(type, i) / 8;
    if (name == field) return offset;
    if (!name.empty()) continue;
    if (const auto within = offset_in(types, member.type, field, depth + 1)) return offset + *within;
  }
  return std::nullopt;
}

/// Writes instructions. Registers as the kernel uses them: 0 result, 1 to 5 arguments, lost by a call, 6 to 9 kept.
class Assembler {
 public:
  explicit Assembler(const btf& types) : types_(types) {}

  void op(int code, int to, int from, std::size_t offset, std::int32_t value) {
    bpf_insn each{};
    each.code = static_cast<std::uint8_t>(code);
    each.dst_reg = static_cast<std::uint8_t>(to & 15);
    each.src_reg = static_cast<std::uint8_t>(from & 15);
    each.off = static_cast<std::int16_t>(offset);
    each.imm = value;
    code_.push_back(each);
  }
  void load(int size, int to, int from, std::size_t offset) { op(BPF_LDX | BPF_MEM | size, to, from, offset, 0); }
  void store(int size, int to, std::size_t offset, int from) { op(BPF_STX | BPF_MEM | size, to, from, offset, 0); }
  void set(int to, std::int32_t value) { op(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value); }
  void copy(int to, int from) { op(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  void add(int to, std::size_t value) { op(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, static_cast<std::int32_t>(value)); }
  void call(bpf_func_id function) { op(BPF_JMP | BPF_CALL, 0, 0, 0, function); }
  void exit() {
    set(0, 0);
    op(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }
  void map(int to, int source, int fd) {  // two instructions wide
    op(BPF_LD | BPF_DW | BPF_IMM, to, source, 0, fd);
    op(0, 0, 0, 0, 0);
  }
  /// Jumps over what is written between this and land().
  std::size_t jump_if(int condition, int left, int right, std::int32_t value) {
    op(BPF_JMP | condition, left, right, 0, value);
    return code_.size();
  }
  void land(std::size_t from) { code_[from - 1].off = static_cast<std::int16_t>(code_.size() - from); }

  /// to = from->field.
  void field(int size, int to, int from, const char* structure, const char* name) {
    const auto offset = find(structure, name);
    if (!offset && missing_.empty()) missing_ = std::string(structure) + "." + name;
    load(size, to, from, offset.value_or(0));
  }
  std::optional<std::uint32_t> find(const char* structure, const char* name) const {
    const std::int32_t id = btf__find_by_name_kind(&types_, structure, BTF_KIND_STRUCT);
    return id > 0 ? offset_in(types_, static_cast<std::uint32_t>(id), name) : std::nullopt;
  }
  Result<std::vector<bpf_insn>> finish() {
    if (!missing_.empty()) return fail(ErrorCode::Unavailable, "process trace: this kernel has no " + missing_);
    return std::move(code_);
  }

 private:
  const btf& types_;
  std::vector<bpf_insn> code_;
  std::string missing_;
};

constexpr int kContext = 6;
constexpr int kTask = 7;  // whom the record is of
constexpr int kOther = 8;
constexpr int kRecord = 9;

/// kRecord is a new record in the ring; where there is no room, one more is lost and the program ends.
void reserve(Assembler& code, const TraceMaps& maps, TraceKind kind, std::size_t bytes) {
  code.map(1, BPF_PSEUDO_MAP_FD, maps.ring);
  code.set(2, static_cast<std::int32_t>(bytes));
  code.set(3, 0);
  code.call(BPF_FUNC_ringbuf_reserve);
  const std::size_t has_room = code.jump_if(BPF_JNE | BPF_K, 0, 0, 0);
  code.map(1, BPF_PSEUDO_MAP_VALUE, maps.lost);
  code.set(2, 1);
  code.op(BPF_STX | BPF_ATOMIC | BPF_DW, 1, 2, 0, BPF_ADD);
  code.exit();
  code.land(has_room);
  code.copy(kRecord, 0);
  code.set(1, static_cast<std::int32_t>(kind));
  code.store(BPF_W, kRecord, offsetof(TraceHead, kind), 1);
  code.field(BPF_W, 1, kTask, "task_struct", "tgid");
  code.store(BPF_W, kRecord, offsetof(TraceHead, pid), 1);
}

void submit(Assembler& code) {
  code.copy(1, kRecord);
  code.set(2, 0);
  code.call(BPF_FUNC_ringbuf_submit);
  code.exit();
}

void skip_threads(Assembler& code) {
  code.field(BPF_W, 1, kTask, "task_struct", "pid");
  code.field(BPF_W, 2, kTask, "task_struct", "tgid");
  const std::size_t is_process = code.jump_if(BPF_JEQ | BPF_X, 1, 2, 0);
  code.exit();
  code.land(is_process);
}

void tell_program(Assembler& code) {
  code.field(BPF_DW, 1, kOther, "linux_binprm", "file");
  code.field(BPF_DW, 2, 1, "file", "f_inode");
  code.field(BPF_DW, 3, 2, "inode", "i_ino");
  code.store(BPF_DW, kRecord, offsetof(TraceHead, inode), 3);
  code.field(BPF_DW, 1, 2, "inode", "i_sb");
  code.field(BPF_W, 1, 1, "super_block", "s_dev");
  code.store(BPF_W, kRecord, offsetof(TraceHead, device), 1);
  code.copy(1, kRecord);
  code.add(1, offsetof(TraceRecord, program));
  code.set(2, sizeof(TraceRecord::program));
  code.field(BPF_DW, 3, kOther, "linux_binprm", "interp");
  code.call(BPF_FUNC_probe_read_kernel_str);
}

void tell_arguments(Assembler& code) {
  constexpr auto kMax = static_cast<std::int32_t>(sizeof(TraceRecord::arguments));
  code.field(BPF_DW, 1, kTask, "task_struct", "mm");
  code.field(BPF_DW, 3, 1, "mm_struct", "arg_start");
  code.field(BPF_DW, 2, 1, "mm_struct", "arg_end");
  code.op(BPF_ALU64 | BPF_SUB | BPF_X, 2, 3, 0, 0);
  const std::size_t fits = code.jump_if(BPF_JLE | BPF_K, 2, 0, kMax);
  code.set(2, kMax);
  code.land(fits);
  code.store(BPF_DW, kRecord, offsetof(TraceHead, argument_bytes), 2);
  code.copy(1, kRecord);
  code.add(1, offsetof(TraceRecord, arguments));
  code.call(BPF_FUNC_probe_read_user);
}

void tell_user(Assembler& code) {
  code.call(BPF_FUNC_get_current_uid_gid);
  code.store(BPF_W, kRecord, offsetof(TraceHead, uid), 0);
  if (code.find("task_struct", "loginuid")) {  // a kernel without audit has none
    code.field(BPF_W, 1, kTask, "task_struct", "loginuid");
  } else {
    code.op(BPF_ALU | BPF_MOV | BPF_K, 1, 0, 0, static_cast<std::int32_t>(kNoLogin));
  }
  code.store(BPF_W, kRecord, offsetof(TraceHead, login_uid), 1);
  code.call(BPF_FUNC_get_current_cgroup_id);
  code.store(BPF_DW, kRecord, offsetof(TraceHead, control_group), 0);
  code.field(BPF_DW, 1, kTask, "task_struct", "start_boottime");
  code.store(BPF_DW, kRecord, offsetof(TraceHead, start_ns), 1);
}

}  // namespace

// The arguments of the tracepoints: (parent, child), (task, old number, what is executed), (task …).
Result<std::vector<bpf_insn>> make_trace_program(TraceKind kind, const btf& types, const TraceMaps& maps) {
  Assembler code(types);
  code.copy(kContext, 1);
  code.load(BPF_DW, kTask, kContext, kind == TraceKind::Fork ? 8 : 0);
  if (kind == TraceKind::Exec) {
    code.load(BPF_DW, kOther, kContext, 16);
    reserve(code, maps, kind, sizeof(TraceRecord));
    code.field(BPF_DW, 1, kTask, "task_struct", "real_parent");
    code.field(BPF_W, 1, 1, "task_struct", "tgid");
    code.store(BPF_W, kRecord, offsetof(TraceHead, parent), 1);
    tell_user(code);
    tell_program(code);
    tell_arguments(code);
  } else {
    skip_threads(code);
    reserve(code, maps, kind, sizeof(TraceHead));
    if (kind == TraceKind::Fork) {
      code.load(BPF_DW, kOther, kContext, 0);
      code.field(BPF_W, 1, kOther, "task_struct", "tgid");
      code.store(BPF_W, kRecord, offsetof(TraceHead, parent), 1);
    }
  }
  submit(code);
  return code.finish();
}

}  // namespace warder::host
