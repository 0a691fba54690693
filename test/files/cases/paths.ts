/** Paths: dots, slashes, lengths, bad pointers. */
import { group, story } from '../story.js';

export const pathCases = group('paths', [
  story(
    'dots and slashes',
    `mkdir d 0755
     mkdir d/e 0755
     put d/f x
     cat ./d/f -> x
     cat d//f -> x
     cat .//d///.//f -> x
     cat d/../d/f -> x
     cat d/e/../f -> x
     cat d/e/../../d/f -> x
     cat $R/d/f -> x
     cat $R//d/./f -> x
     cat //$R/d/f -> x
     cat d/no/../f -> ENOENT
     cat d/f/../f -> ENOTDIR
     cat d/f/. -> ENOTDIR
     cat d/f/ -> ENOTDIR
     same $R/d/e/../.. . -> yes
     same d/e/.. d/. -> yes`,
  ),
  story(
    'a slash at the end',
    `mkdir d 0755
     put f x
     symlink d l
     stat d/
     stat d/.
     lstat l -> symlink 0777 u$U s1
     lstat l/
     stat f/ -> ENOTDIR
     lstat f/ -> ENOTDIR
     open new/ O_WRONLY|O_CREAT 0644 -> EISDIR
     open f/ O_WRONLY|O_CREAT 0644
     mkdir e/ 0755 -> ok
     mkdir e// 0755 -> EEXIST
     rmdir e/ -> ok
     unlink f/ -> ENOTDIR
     unlink d/ -> EISDIR
     rmdir l/ -> ENOTDIR
     rmdir l -> ENOTDIR
     readlink l/ -> EINVAL
     truncate f/ 0 -> ENOTDIR ~ ENOTDIR`,
  ),
  story(
    'making things at names that end in a slash',
    `put f x
     link f g/
     symlink f g/
     mknod g/ S_IFIFO|0644 0
     mkdir d 0755
     rename d e/
     rename f g/
     rename e/ h
     rename no/ i
     list .`,
  ),
  story(
    'names that end in dots',
    `mkdir d 0755
     mkdir d/. 0755
     mkdir d/.. 0755
     mkdir . 0755
     mkdir .. 0755
     mkdir new/. 0755
     rmdir d/.
     rmdir d/..
     rmdir .
     unlink d/.
     unlink .
     unlink ..
     rename d/. e
     rename d/.. e
     rename d e/.
     rename . e
     link d/. e
     open d/. O_RDWR|O_CREAT 0644
     symlink x d/.
     list .`,
  ),
  story(
    'an empty path',
    `stat EMPTY -> ENOENT
     open EMPTY O_RDONLY 0 -> ENOENT
     open EMPTY O_RDWR|O_CREAT 0644 -> ENOENT
     mkdir EMPTY 0755 -> ENOENT
     rename EMPTY f -> ENOENT
     put f x
     rename f EMPTY -> ENOENT
     link f EMPTY -> ENOENT
     symlink EMPTY l -> ENOENT
     symlink f EMPTY -> ENOENT
     unlink EMPTY -> ENOENT
     chdir EMPTY -> ENOENT
     truncate EMPTY 0 -> ENOENT ~ ENOENT
     readlink EMPTY -> ENOENT
     access EMPTY F_OK -> ENOENT
     chmod EMPTY 0644 -> ENOENT
     getxattr EMPTY user.a -> ENOENT
     statfs EMPTY -> ENOENT`,
  ),
  story(
    'no path',
    `stat NULL -> EFAULT
     open NULL O_RDONLY 0 -> EFAULT
     openat AT_FDCWD NULL O_RDONLY 0 -> EFAULT
     mkdir NULL 0755 -> EFAULT
     unlink NULL -> EFAULT
     rename NULL f -> EFAULT
     put f x
     rename f NULL -> EFAULT
     link f NULL -> EFAULT
     symlink NULL l -> EFAULT
     chdir NULL -> EFAULT
     readlink NULL -> EFAULT
     truncate NULL 0 -> EFAULT ~ EFAULT
     access NULL F_OK -> EFAULT
     chmod NULL 0644 -> EFAULT
     setxattr NULL user.a x -> EFAULT
     statfs NULL -> EFAULT
     newfstatat AT_FDCWD NULL 0 -> EFAULT
     list .`,
  ),
  story(
    'unmapped paths',
    `stat BAD -> EFAULT
     stat KERNEL -> EFAULT
     open BAD O_RDONLY 0 -> EFAULT
     openat AT_FDCWD KERNEL O_RDONLY 0 -> EFAULT
     openat 99 BAD O_RDONLY 0 -> EFAULT
     mkdir BAD 0755 -> EFAULT
     rename BAD BAD -> EFAULT
     symlink x BAD -> EFAULT
     inotify_init1 0 -> fd=3
     inotify_add_watch 3 BAD IN_CREATE -> EFAULT
     handle AT_FDCWD BAD 0 -> EFAULT
     lsetxattr BAD user.a x -> EFAULT
     run BAD x -> EFAULT`,
  ),
  story(
    'a path at the end of its page',
    `put f x
     stat LAST:f
     stat LAST:$R/f
     stat EDGE:f -> EFAULT
     stat EDGE:$R/f -> EFAULT
     open EDGE:$R/f O_RDONLY 0 -> EFAULT
     mkdir LAST:$R/d 0755 -> ok
     mkdir EDGE:$R/e 0755 -> EFAULT
     rename LAST:f LAST:$R/g -> ok
     rename LAST:g EDGE:h -> EFAULT
     symlink EDGE:x l -> EFAULT
     symlink LAST:x l -> ok
     unlink LAST:l -> ok
     setxattr LAST:g LAST:user.a x -> ok
     setxattr g EDGE:user.b x -> EFAULT
     run EDGE:/bin/true true -> EFAULT
     list .`,
  ),
  story(
    'a path that crosses a page',
    `mkdir {a*200} 0755
     stat LAST:$R/{a*200}/{/^4090}
     stat LAST:{./*2040}
     put LAST:{a*200}/{./*1800}f x -> ok
     cat {a*200}/f -> x`,
  ),
  story(
    'names of 255 and 256 bytes',
    `put {n*255} x -> ok
     put {n*256} x -> ENAMETOOLONG
     stat {n*255}
     stat {n*256} -> ENAMETOOLONG
     mkdir {d*255} 0755 -> ok
     mkdir {d*256} 0755 -> ENAMETOOLONG
     put {d*255}/{f*255} y -> ok
     stat {d*255}/{f*256} -> ENAMETOOLONG
     stat {d*256}/f -> ENAMETOOLONG
     rename {n*255} {m*255} -> ok
     rename {m*255} {m*256} -> ENAMETOOLONG
     link {m*255} {l*256} -> ENAMETOOLONG
     symlink x {s*256} -> ENAMETOOLONG
     unlink {m*256} -> ENAMETOOLONG
     list .
     stat no/{x*256} -> ENOENT`,
  ),
  story(
    'paths of 4095 and 4096 bytes',
    `put f x
     cat $R/{/^4095}f -> x
     cat $R/{/^4096}f -> ENAMETOOLONG
     cat {./*2047}f -> x
     cat {./*2047}/f -> ENAMETOOLONG
     open $R/{/^4094}g O_WRONLY|O_CREAT 0644 -> fd=3
     open $R/{/^4096}h O_WRONLY|O_CREAT 0644 -> ENAMETOOLONG
     mkdir $R/{/^4096}h 0755 -> ENAMETOOLONG
     rename f $R/{/^4096}h -> ENAMETOOLONG
     unlink $R/{/^4096}f -> ENAMETOOLONG
     stat {a*5000} -> ENAMETOOLONG
     stat /{a*5000} -> ENAMETOOLONG
     stat {a/*5000} -> ENAMETOOLONG
     chdir $R/{/^4095}. -> ok
     list .`,
  ),
  story(
    'link texts of 4095 and 4096 bytes',
    `symlink {a*4095} l
     symlink {a*4096} m -> ENAMETOOLONG
     stat l
     put f x
     symlink {./*2000}f n
     cat n`,
  ),
  story(
    'a tree deeper than a path can say',
    `${Array.from({ length: 20 }, () => 'mkdir {d*250} 0755\nchdir {d*250}').join('\n')}
     put f x
     cat f -> x
     stat ../{d*250}/f
     getcwd -> ENAMETOOLONG
     readlink /proc/self/cwd
     chdir {../*20}.
     list .
     getcwd -> $R
     stat {d*250}/{d*250}/{d*250}`,
  ),
  story(
    '1000 components',
    `mkdir a 0755
     mkdir a/a 0755
     put a/a/f x
     cat {a/../*800}a/a/f -> x
     cat a/{a/../*800}a/f -> x
     cat $R/{./*1900}a/a/f -> x
     stat {a/../*400}no/f -> ENOENT`,
  ),
  story(
    'names of any bytes',
    `put sp%20ace x
     put new%0aline y
     put %ff%fe z
     put %01 c
     put back\\slash b
     put *? g
     put -rf h
     mkdir ... 0755
     put .../..f i
     put %e2%82%ac euro
     list . -> %01:f *?:f -rf:f ...:d back\\slash:f new%0aline:f sp%20ace:f %e2%82%ac:f %ff%fe:f
     cat .../..f -> i
     rename %ff%fe %fe%ff -> ok
     unlink new%0aline -> ok
     readlink /proc/self/cwd
     cat sp%20ace -> x`,
  ),
  story(
    'a component that is no directory',
    `put f x
     stat f/g -> ENOTDIR
     open f/g O_RDWR|O_CREAT 0644 -> ENOTDIR
     mkdir f/g 0755 -> ENOTDIR
     unlink f/g -> ENOTDIR
     rmdir f/g -> ENOTDIR
     rmdir f -> ENOTDIR
     rename f/g h -> ENOTDIR
     rename f f/g -> ENOTDIR
     chdir f -> ENOTDIR
     chdir f/g -> ENOTDIR
     symlink x f/g -> ENOTDIR
     link f f/g -> ENOTDIR
     stat no/g -> ENOENT
     mkdir no/g 0755 -> ENOENT
     symlink x no/g -> ENOENT
     rename f no/g -> ENOENT`,
  ),
  story(
    'the root and what is outside',
    `same / /.. -> yes
     stat /nonexistent-file -> ENOENT
     same /etc /usr/../etc -> yes
     same /etc/passwd /../../etc/passwd -> yes
     access / X_OK -> ok
     mkdir / 0755 -> EEXIST
     rmdir / -> EBUSY
     unlink / -> EISDIR
     same $R/../../../../../../etc /etc -> yes`,
  ),
]);
