"""System calls by name, and their numbers on x86-64 and aarch64.

The numbers are those of the kernel's headers: asm/unistd_64.h, and asm-generic/unistd.h for aarch64. A name that a
machine does not have (aarch64 has no `open`, only `openat`) is missing in its table.
"""

__all__ = ["ALLOWED", "NUMBERS", "REFUSED"]

#: What Python needs to compute, to start threads, and to work with files that it may reach.
ALLOWED = tuple(
    """
    read write readv writev pread64 pwrite64 preadv pwritev lseek close close_range mmap munmap mprotect mremap
    madvise msync brk futex rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack set_robust_list get_robust_list
    rseq set_tid_address restart_syscall exit exit_group wait4 waitid sched_yield sched_getaffinity getcpu open
    openat creat stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents
    getdents64 getcwd chdir fchdir statfs fstatfs mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2
    ftruncate fallocate fsync fdatasync umask dup dup2 dup3 pipe pipe2 poll ppoll select pselect6 sendfile
    nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times alarm setitimer getitimer pause
    getpid getppid gettid getuid geteuid getgid getegid getresuid getresgid getgroups getpgrp getpgid getsid
    getrlimit getrusage uname sysinfo getrandom arch_prctl
""".split()  # noqa: SIM905
)

#: What fails with "operation not permitted". All that is named nowhere fails with "not implemented", as on a kernel
#: that does not have it; the C library then falls back to an older call.
REFUSED = tuple(
    """
    fork vfork execve execveat kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_getfd
    pidfd_send_signal ptrace process_vm_readv process_vm_writev process_madvise kcmp socket socketpair connect
    bind listen accept accept4 sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg unshare setns mount umount2
    pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr chmod fchmod fchmodat
    chown fchown lchown fchownat utime utimes utimensat futimesat setxattr lsetxattr fsetxattr removexattr
    truncate link linkat symlink symlinkat mknod mknodat setuid setgid setreuid setregid setresuid setresgid
    setgroups setfsuid setfsgid capset setpgid setsid setrlimit setpriority sched_setaffinity sched_setscheduler
    sched_setparam sched_setattr prctl seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
    bpf perf_event_open io_uring_setup io_uring_enter io_uring_register userfaultfd memfd_create memfd_secret
    shmget shmat shmctl msgget msgsnd msgrcv msgctl semget semop semctl mq_open keyctl add_key request_key mlock
    mlockall mlock2 swapon swapoff reboot sethostname setdomainname init_module finit_module delete_module
    kexec_load kexec_file_load open_by_handle_at name_to_handle_at clock_settime settimeofday adjtimex
    clock_adjtime syslog quotactl acct personality inotify_init1 fanotify_init timer_create
""".split()  # noqa: SIM905
)

_X86_64: dict[str, int] = {
    "read": 0, "write": 1, "readv": 19, "writev": 20, "pread64": 17, "pwrite64": 18, "preadv": 295, "pwritev":
    296, "lseek": 8, "close": 3, "close_range": 436, "mmap": 9, "munmap": 11, "mprotect": 10, "mremap": 25,
    "madvise": 28, "msync": 26, "brk": 12, "futex": 202, "rt_sigaction": 13, "rt_sigprocmask": 14,
    "rt_sigreturn": 15, "sigaltstack": 131, "set_robust_list": 273, "get_robust_list": 274, "rseq": 334,
    "set_tid_address": 218, "restart_syscall": 219, "exit": 60, "exit_group": 231, "wait4": 61, "waitid": 247,
    "sched_yield": 24, "sched_getaffinity": 204, "getcpu": 309, "open": 2, "openat": 257, "creat": 85, "stat":
    4, "fstat": 5, "lstat": 6, "newfstatat": 262, "statx": 332, "access": 21, "faccessat": 269, "faccessat2":
    439, "readlink": 89, "readlinkat": 267, "getdents": 78, "getdents64": 217, "getcwd": 79, "chdir": 80,
    "fchdir": 81, "statfs": 137, "fstatfs": 138, "mkdir": 83, "mkdirat": 258, "rmdir": 84, "unlink": 87,
    "unlinkat": 263, "rename": 82, "renameat": 264, "renameat2": 316, "ftruncate": 77, "fallocate": 285,
    "fsync": 74, "fdatasync": 75, "umask": 95, "dup": 32, "dup2": 33, "dup3": 292, "pipe": 22, "pipe2": 293,
    "poll": 7, "ppoll": 271, "select": 23, "pselect6": 270, "sendfile": 40, "nanosleep": 35,
    "clock_nanosleep": 230, "clock_gettime": 228, "clock_getres": 229, "gettimeofday": 96, "time": 201,
    "times": 100, "alarm": 37, "setitimer": 38, "getitimer": 36, "pause": 34, "getpid": 39, "getppid": 110,
    "gettid": 186, "getuid": 102, "geteuid": 107, "getgid": 104, "getegid": 108, "getresuid": 118,
    "getresgid": 120, "getgroups": 115, "getpgrp": 111, "getpgid": 121, "getsid": 124, "getrlimit": 97,
    "getrusage": 98, "uname": 63, "sysinfo": 99, "getrandom": 318, "arch_prctl": 158,
    "fork": 57, "vfork": 58, "execve": 59, "execveat": 322, "kill": 62, "tkill": 200, "tgkill": 234,
    "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297, "pidfd_open": 434, "pidfd_getfd": 438,
    "pidfd_send_signal": 424, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311,
    "process_madvise": 440, "kcmp": 312, "socket": 41, "socketpair": 53, "connect": 42, "bind": 49, "listen":
    50, "accept": 43, "accept4": 288, "sendto": 44, "recvfrom": 45, "sendmsg": 46, "recvmsg": 47, "sendmmsg":
    307, "recvmmsg": 299, "unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155,
    "chroot": 161, "move_mount": 429, "open_tree": 428, "fsopen": 430, "fsconfig": 431, "fsmount": 432,
    "fspick": 433, "mount_setattr": 442, "chmod": 90, "fchmod": 91, "fchmodat": 268, "chown": 92, "fchown":
    93, "lchown": 94, "fchownat": 260, "utime": 132, "utimes": 235, "utimensat": 280, "futimesat": 261,
    "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197, "truncate": 76, "link": 86,
    "linkat": 265, "symlink": 88, "symlinkat": 266, "mknod": 133, "mknodat": 259, "setuid": 105, "setgid":
    106, "setreuid": 113, "setregid": 114, "setresuid": 117, "setresgid": 119, "setgroups": 116, "setfsuid":
    122, "setfsgid": 123, "capset": 126, "setpgid": 109, "setsid": 112, "setrlimit": 160, "setpriority": 141,
    "sched_setaffinity": 203, "sched_setscheduler": 144, "sched_setparam": 142, "sched_setattr": 314, "prctl":
    157, "seccomp": 317, "landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self":
    446, "bpf": 321, "perf_event_open": 298, "io_uring_setup": 425, "io_uring_enter": 426,
    "io_uring_register": 427, "userfaultfd": 323, "memfd_create": 319, "memfd_secret": 447, "shmget": 29,
    "shmat": 30, "shmctl": 31, "msgget": 68, "msgsnd": 69, "msgrcv": 70, "msgctl": 71, "semget": 64, "semop":
    65, "semctl": 66, "mq_open": 240, "keyctl": 250, "add_key": 248, "request_key": 249, "mlock": 149,
    "mlockall": 151, "mlock2": 325, "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170,
    "setdomainname": 171, "init_module": 175, "finit_module": 313, "delete_module": 176, "kexec_load": 246,
    "kexec_file_load": 320, "open_by_handle_at": 304, "name_to_handle_at": 303, "clock_settime": 227,
    "settimeofday": 164, "adjtimex": 159, "clock_adjtime": 305, "syslog": 103, "quotactl": 179, "acct": 163,
    "personality": 135, "inotify_init1": 294, "fanotify_init": 300, "timer_create": 222, "clone": 56,
    "clone3": 435, "prlimit64": 302, "fcntl": 72, "ioctl": 16,
}  # fmt: skip

_AARCH64: dict[str, int] = {
    "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67, "pwrite64": 68, "preadv": 69,
    "pwritev": 70, "lseek": 62, "close": 57, "close_range": 436, "mmap": 222, "munmap": 215, "mprotect": 226,
    "mremap": 216, "madvise": 233, "msync": 227, "brk": 214, "futex": 98, "rt_sigaction": 134,
    "rt_sigprocmask": 135, "rt_sigreturn": 139, "sigaltstack": 132, "set_robust_list": 99, "get_robust_list":
    100, "rseq": 293, "set_tid_address": 96, "restart_syscall": 128, "exit": 93, "exit_group": 94, "wait4":
    260, "waitid": 95, "sched_yield": 124, "sched_getaffinity": 123, "getcpu": 168, "openat": 56, "fstat": 80,
    "newfstatat": 79, "statx": 291, "faccessat": 48, "faccessat2": 439, "readlinkat": 78, "getdents64": 61,
    "getcwd": 17, "chdir": 49, "fchdir": 50, "statfs": 43, "fstatfs": 44, "mkdirat": 34, "unlinkat": 35,
    "renameat": 38, "renameat2": 276, "ftruncate": 46, "fallocate": 47, "fsync": 82, "fdatasync": 83, "umask":
    166, "dup": 23, "dup3": 24, "pipe2": 59, "ppoll": 73, "pselect6": 72, "sendfile": 71, "nanosleep": 101,
    "clock_nanosleep": 115, "clock_gettime": 113, "clock_getres": 114, "gettimeofday": 169, "times": 153,
    "setitimer": 103, "getitimer": 102, "getpid": 172, "getppid": 173, "gettid": 178, "getuid": 174,
    "geteuid": 175, "getgid": 176, "getegid": 177, "getresuid": 148, "getresgid": 150, "getgroups": 158,
    "getpgid": 155, "getsid": 156, "getrlimit": 163, "getrusage": 165, "uname": 160, "sysinfo": 179,
    "getrandom": 278, "execve": 221, "execveat": 281, "kill": 129, "tkill": 130, "tgkill":
    131, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240, "pidfd_open": 434, "pidfd_getfd": 438,
    "pidfd_send_signal": 424, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271,
    "process_madvise": 440, "kcmp": 272, "socket": 198, "socketpair": 199, "connect": 203, "bind": 200,
    "listen": 201, "accept": 202, "accept4": 242, "sendto": 206, "recvfrom": 207, "sendmsg": 211, "recvmsg":
    212, "sendmmsg": 269, "recvmmsg": 243, "unshare": 97, "setns": 268, "mount": 40, "umount2": 39,
    "pivot_root": 41, "chroot": 51, "move_mount": 429, "open_tree": 428, "fsopen": 430, "fsconfig": 431,
    "fsmount": 432, "fspick": 433, "mount_setattr": 442, "fchmod": 52, "fchmodat": 53, "fchown": 55,
    "fchownat": 54, "utimensat": 88, "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14,
    "truncate": 45, "linkat": 37, "symlinkat": 36, "mknodat": 33, "setuid": 146, "setgid": 144, "setreuid":
    145, "setregid": 143, "setresuid": 147, "setresgid": 149, "setgroups": 159, "setfsuid": 151, "setfsgid":
    152, "capset": 91, "setpgid": 154, "setsid": 157, "setrlimit": 164, "setpriority": 140,
    "sched_setaffinity": 122, "sched_setscheduler": 119, "sched_setparam": 118, "sched_setattr": 274, "prctl":
    167, "seccomp": 277, "landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self":
    446, "bpf": 280, "perf_event_open": 241, "io_uring_setup": 425, "io_uring_enter": 426,
    "io_uring_register": 427, "userfaultfd": 282, "memfd_create": 279, "memfd_secret": 447, "shmget": 194,
    "shmat": 196, "shmctl": 195, "msgget": 186, "msgsnd": 189, "msgrcv": 188, "msgctl": 187, "semget": 190,
    "semop": 193, "semctl": 191, "mq_open": 180, "keyctl": 219, "add_key": 217, "request_key": 218, "mlock":
    228, "mlockall": 230, "mlock2": 284, "swapon": 224, "swapoff": 225, "reboot": 142, "sethostname": 161,
    "setdomainname": 162, "init_module": 105, "finit_module": 273, "delete_module": 106, "kexec_load": 104,
    "kexec_file_load": 294, "open_by_handle_at": 265, "name_to_handle_at": 264, "clock_settime": 112,
    "settimeofday": 170, "adjtimex": 171, "clock_adjtime": 266, "syslog": 116, "quotactl": 60, "acct": 89,
    "personality": 92, "inotify_init1": 26, "fanotify_init": 262, "timer_create": 107, "clone": 220, "clone3":
    435, "prlimit64": 261, "fcntl": 25, "ioctl": 29,
}  # fmt: skip

NUMBERS = {"x86_64": _X86_64, "aarch64": _AARCH64}
"""Machine (as `os.uname` names it), call, number."""
