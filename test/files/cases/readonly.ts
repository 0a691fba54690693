/** A read-only mount, in the landscape of mounts.ts. */
import { group, story } from '../story.js';

export const readonlyCases = group('readonly', [
  story(
    'reading',
    `list readonly -> empty:d file:f link:l script:f
     cat readonly/file -> data
     stat readonly/file -> file 0644 n1 u$U s4
     open readonly/file O_RDONLY 0 -> fd=3
     read 3 9 -> data
     readlink readonly/link -> file
     chdir readonly
     getcwd -> $R/readonly
     access file R_OK -> ok
     run script script -> 0 run%0a
     mmap 3 4 PROT_READ MAP_SHARED -> ok`,
  ),
  story(
    'opening to write',
    `open readonly/file O_WRONLY 0 -> EROFS
     open readonly/file O_RDWR 0 -> EROFS
     open readonly/file O_RDONLY|O_TRUNC 0 -> EROFS
     open readonly/file O_RDONLY|O_CREAT 0644 -> fd=3
     open readonly/file O_RDONLY|O_CREAT|O_EXCL 0644 -> EEXIST
     open readonly/new O_WRONLY|O_CREAT 0644 -> EROFS
     open readonly/new O_RDONLY|O_CREAT 0644 -> EROFS
     open readonly O_TMPFILE|O_RDWR 0644 -> EROFS
     open readonly/no/new O_WRONLY|O_CREAT 0644 -> ENOENT
     creat readonly/file 0644 -> EROFS
     open readonly/link O_WRONLY 0 -> EROFS
     open readonly/empty O_WRONLY 0 -> EISDIR
     access readonly/file W_OK -> EROFS
     access readonly W_OK -> EROFS
     access readonly/no W_OK -> ENOENT
     truncate readonly/file 0 -> EROFS
     open /proc/self/fd/3 O_WRONLY 0 -> EROFS
     openat2 AT_FDCWD readonly/file O_RDWR 0 0 -> EROFS
     list readonly -> empty:d file:f link:l script:f`,
  ),
  story(
    'changing',
    `mkdir readonly/d 0755 -> EROFS
     mkdir readonly/empty 0755 -> EEXIST
     rmdir readonly/empty -> EROFS
     rmdir readonly -> EBUSY
     unlink readonly/file -> EROFS
     unlink readonly/no -> EROFS
     symlink x readonly/l -> EROFS
     mknod readonly/p S_IFIFO|0644 0 -> EROFS
     link readonly/file readonly/g -> EROFS
     link readonly/file g -> EXDEV
     rename readonly/file readonly/g -> EROFS
     rename readonly/file g -> EXDEV
     rename hostfile readonly/g -> EXDEV
     chmod readonly/file 0600 -> EROFS
     chown readonly/file 0 0 -> EROFS
     lchown readonly/link 0 0 -> EROFS
     utimensat AT_FDCWD readonly/file 5 5 -> EROFS
     utimensat AT_FDCWD readonly/file - -> EROFS
     utime readonly/file 5 5 -> EROFS
     setxattr readonly/file user.a x -> EROFS
     removexattr readonly/file user.a -> EROFS
     getxattr readonly/file user.a -> ENODATA
     socket stream -> fd=3
     bind 3 readonly/s -> EROFS
     open readonly/file O_RDONLY 0 -> fd=4
     fchmod 4 0600 -> EROFS
     fchown 4 0 0 -> EROFS
     fsetxattr 4 user.a x -> EROFS
     utimensat 4 NULL 5 5 -> EROFS
     open readonly O_RDONLY 0 -> fd=5
     mkdirat 5 d 0755 -> EROFS
     unlinkat 5 file 0 -> EROFS
     chdir readonly
     put new x -> EROFS
     mkdir ../made 0755 -> ok
     stat file -> file 0644 n1 u$U s4`,
  ),
]);
