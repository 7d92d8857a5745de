//! The calls of Java, in a desktop's Java VM with a stand-in for Android's key store.

use std::{
    env,
    ffi::{CStr, CString, c_void},
    fs,
    path::{Path, PathBuf},
    process::Command,
    ptr, thread,
};

use jni_sys::{JNI_OK, JNI_VERSION_1_6, JNIEnv, JavaVM, JavaVMInitArgs, JavaVMOption, jint};

use super::{properties, user_roots::read_from};

const CHILD: &str = "RUST_WEB_SOCKET_TEST_JAVA_CLASSES";
const STORE: &CStr = c"AndroidCAStore";

#[test]
fn a_process_without_java_is_an_error() {
    for library in [c"libno_such_library.so", c"libc.so.6"] {
        let error = read_from(library, STORE, 1).expect_err("it has no Java");
        assert!(error.contains("has no JNI_GetCreatedJavaVMs"), "{error}");
    }
}

/// It runs in a process of its own, since a Java VM handles signals and stays until its process ends.
#[test]
#[ignore = "needs a JDK: cargo test -p rust_web_socket java -- --ignored"]
fn added_roots_and_properties_are_read_from_java() {
    if let Some(classes) = env::var_os(CHILD) {
        return in_the_java_vm(Path::new(&classes));
    }
    if env::var_os("TEST_EMULATOR").is_some() {
        return eprintln!("skipped: the Java VM is not for the emulated processor");
    }
    let has_javac = Command::new("javac").arg("-version").output().is_ok();
    if !has_javac {
        return eprintln!("skipped: there is no JDK");
    }
    let classes = env::temp_dir().join(format!("java_classes_{}", std::process::id()));
    fs::create_dir_all(&classes).expect("a folder");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/java/AndroidCAStore.java");
    let compiled = Command::new("javac")
        .arg("-d")
        .arg(&classes)
        .arg(source)
        .status()
        .expect("javac");
    assert!(compiled.success());
    let name = "java::tests::added_roots_and_properties_are_read_from_java";
    let output = Command::new(env::current_exe().expect("a program"))
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env(CHILD, &classes)
        .output()
        .expect("started");
    fs::remove_dir_all(&classes).expect("deleted");
    let shown = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}{errors}");
    assert!(shown.contains("1 passed"), "{shown}");
}

fn in_the_java_vm(classes: &Path) {
    let library = library();
    let error = read_from(&library, STORE, 10).expect_err("no Java VM yet");
    assert_eq!(error, "This process has no Java VM");

    start(&library, classes);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let library = library.clone();
            thread::spawn(move || {
                properties_are_read(&library);
                // Twice, since the thread is detached in between.
                for _ in 0..2 {
                    let roots = read_from(&library, STORE, 1000).expect("roots");
                    assert_eq!(roots.len(), 1000);
                    assert_eq!(roots[0], [2, 255]);
                    assert!(roots[1..].iter().all(|root| root == &[3]));
                }
                read_from(&library, c"NoSuchStore", 10).expect_err("no such store")
            })
        })
        .collect();
    for thread in threads {
        let error = thread.join().expect("no panic");
        assert!(error.contains("KeyStoreException"), "{error}");
        assert!(error.contains("NoSuchStore"), "{error}");
    }
    // This thread is attached already, and stays so.
    for _ in 0..2 {
        assert_eq!(read_from(&library, STORE, 1).expect("roots"), [[2, 255]]);
    }
}

/// Properties that are set, that are not, and names that throw.
fn properties_are_read(library: &CStr) {
    let set = ("http.proxyHost".to_owned(), "proxy.example".to_owned());
    for _ in 0..2 {
        let names = ["http.proxyHost", "http.proxyPort"];
        let read = properties::read_from(library, &names);
        assert_eq!(read, Ok(vec![set.clone()]));
        let error = properties::read_from(library, &[""]).expect_err("an empty name");
        assert!(error.contains("IllegalArgumentException"), "{error}");
    }
    properties::read_from(library, &["a\0"]).expect_err("a name with a NUL");
}

/// The library of the Java VM that `java` runs.
fn library() -> CString {
    let find = Command::new("sh")
        .args(["-c", "readlink -f \"$(command -v java)\""])
        .output()
        .expect("sh");
    let java = PathBuf::from(String::from_utf8_lossy(&find.stdout).trim());
    let home = java.parent().and_then(Path::parent).expect("bin/java");
    let library = home.join("lib/server/libjvm.so");
    CString::new(library.to_str().expect("UTF-8")).expect("no NUL")
}

/// Starts a Java VM in this process and runs the stand-in's `main`, which registers the key store.
fn start(library: &CStr, classes: &Path) {
    type CreateJavaVm =
        unsafe extern "system" fn(*mut *mut JavaVM, *mut *mut c_void, *mut c_void) -> jint;

    let class_path = format!("-Djava.class.path={}", classes.display());
    let class_path = CString::new(class_path).expect("no NUL");
    let proxy = c"-Dhttp.proxyHost=proxy.example";
    let mut options = [class_path.as_c_str(), proxy].map(|option| JavaVMOption {
        optionString: option.as_ptr().cast_mut(),
        extraInfo: ptr::null_mut(),
    });
    let mut arguments = JavaVMInitArgs {
        version: JNI_VERSION_1_6,
        nOptions: 2,
        options: options.as_mut_ptr(),
        ignoreUnrecognized: false,
    };
    let (mut vm, mut env) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: The function has this type, and the arguments live until it returns.
    let created = unsafe {
        let library = libc::dlopen(library.as_ptr(), libc::RTLD_NOW);
        let create = libc::dlsym(library, c"JNI_CreateJavaVM".as_ptr());
        assert!(!create.is_null());
        let create: CreateJavaVm = std::mem::transmute(create);
        create(&mut vm, &mut env, (&raw mut arguments).cast())
    };
    assert_eq!(created, JNI_OK);
    let env: *mut JNIEnv = env.cast();
    // SAFETY: This thread is attached, and the names are those of the stand-in.
    unsafe {
        let functions = &(**env);
        let class = (functions.v1_1.FindClass)(env, c"AndroidCAStore".as_ptr());
        assert!(!class.is_null());
        let (name, types) = (c"main", c"([Ljava/lang/String;)V");
        let main = (functions.v1_1.GetStaticMethodID)(env, class, name.as_ptr(), types.as_ptr());
        let no_arguments = jni_sys::jvalue { l: ptr::null_mut() };
        (functions.v1_1.CallStaticVoidMethodA)(env, class, main, &no_arguments);
        assert!(!(functions.v1_2.ExceptionCheck)(env));
    }
}
