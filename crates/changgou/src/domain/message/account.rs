//! Accounts, logins and address books.

super::messages! { Account, AccountMessage {
    UsernameInvalid: BadRequest,
        "用户名须为 3 到 50 个字母、数字、汉字、下划线或连字符",
        "A username must have 3 to 50 letters, digits, underscores or hyphens.";
    PasswordInvalid: BadRequest,
        "密码须为 6 到 128 个字符",
        "A password must have 6 to 128 characters.";
    PasswordsDiffer: BadRequest,
        "两次输入的密码不一致",
        "The two passwords do not match.";
    UsernameTaken: UsernameTaken,
        "用户名已被使用，请换一个",
        "This username is taken; please choose another.";
    CredentialsMissing: BadRequest,
        "请输入用户名和密码",
        "Please enter a username and a password.";
    WrongCredentials: LoginFailed,
        "用户名或密码错误",
        "Wrong username or password.";
    /// Told only to a caller who knows the old password.
    PasswordResetRequired: PasswordReset,
        "您的密码保存方式不再安全，须重新设置后才能登录，请联系客服",
        "Your password was stored in a way that is no longer safe. It must be reset before you can log in; please contact the shop.";
    TooManyAttempts { minutes: u64 }: TooManyRequests,
        "尝试次数过多，请 {minutes} 分钟后再试",
        "Too many attempts; please try again in {minutes} min.";
    SessionExpired: LoginRequired,
        "登录已失效，请重新登录",
        "Your session has expired; please log in again.";
    Disabled: Forbidden,
        "账号已停用，请联系商家",
        "This account is disabled; please contact the shop.";
    WechatBoundElsewhere: IdTaken,
        "该微信已绑定其他用户，请先解除",
        "This WeChat user is bound to another account; please unbind it there first.";
    TooManyAddresses { max: i64 }: BadRequest,
        "最多保存 {max} 个收货地址，请先删除一些",
        "You can save at most {max} addresses; please delete one first.";
    RegionMissing: BadRequest,
        "请选择省、市、区",
        "Please choose a province, a city and a district.";
    RegionCodesMismatch: BadRequest,
        "省、市、区代码有误，请从 /api/provinces、/api/cities、/api/areas 中选择",
        "provinceid, cityid and areaid do not belong together; see /api/provinces, /api/cities and /api/areas.";
}}
